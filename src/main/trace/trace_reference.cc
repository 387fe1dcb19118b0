#include "main/trace/trace_reference.h"

#include <algorithm>
#include <string>

namespace clew {
namespace {

constexpr std::string_view kAround = " \t\r\n\"'`,;";
constexpr std::string_view kHex = "0123456789abcdefABCDEF";

std::string_view trimmed(std::string_view text) {
  size_t begin = std::min(text.find_first_not_of(kAround), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(kAround) + 1);
}

/// What stands behind "name:" or behind the last "/trace/" or "/traces/" of a URL.
std::string_view without_frame(std::string_view text) {
  if (text.find("://") != text.npos) {
    for (std::string_view folder : {"/trace/", "/traces/"})
      if (size_t at = text.rfind(folder); at != text.npos) {
        text.remove_prefix(at + folder.size());
        return text.substr(0, text.find_first_of("/?#"));
      }
    return text;
  }
  size_t colon = text.find(':');
  if (colon == text.npos) return text;
  // In uber-trace-id colons part hex numbers, without spaces.
  bool is_name = text.substr(0, colon).find_first_not_of(kHex) != text.npos ||
                 text.substr(colon + 1).starts_with(' ');
  if (!is_name) return text.substr(0, colon);
  text = trimmed(text.substr(colon + 1));
  return text.substr(0, text.find(':'));
}

/// The digits of "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1".
/// Source: AWS X-Ray developer guide, tracing header.
std::string amazon_digits(std::string_view text) {
  constexpr std::string_view kRoot = "Root=1-";
  size_t at = text.find(kRoot);
  if (at == text.npos) return {};
  text = text.substr(at + kRoot.size());
  std::string digits(text.substr(0, text.find(';')));
  std::erase(digits, '-');
  return digits;
}

std::string digits_of(std::string_view text) {
  if (std::string digits = amazon_digits(text); !digits.empty()) return digits;
  size_t dash = text.find('-');
  if (dash == text.npos) return std::string(text);
  if (dash == 2 && text.size() >= 35) return std::string(text.substr(3, 32));  // traceparent
  if (dash == 8 && text.size() == 36) {                                        // UUID
    std::string digits(text);
    std::erase(digits, '-');
    return digits;
  }
  return std::string(text.substr(0, dash));  // b3
}

}  // namespace

Result<TraceId> parse_trace_reference(std::string_view text) {
  auto id = TraceId::from_hex(digits_of(without_frame(trimmed(text))));
  if (!id || id->is_zero())
    return fail(Code::kInvalid,
                "\"{}\" is no trace ID: give 16 or 32 hex digits, or a traceparent as it stands in "
                "the header",
                text);
  return *id;
}

}  // namespace clew
