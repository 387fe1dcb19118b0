#include "agent/sample/trace_state.h"

#include <algorithm>

#include "base/limits.h"
#include "base/metrics.h"

namespace clew::agent {
namespace {

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_key_letter(char c) {
  return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '*' || c == '/';
}

/// A simple key, or TENANT@SYSTEM.
bool is_key(std::string_view key) {
  size_t at = key.find('@');
  bool simple = at == std::string_view::npos;
  std::string_view tenant = key.substr(0, simple ? 0 : at);
  std::string_view system = simple ? key : key.substr(at + 1);
  if (!simple && (tenant.empty() || !(is_lower(tenant[0]) || is_digit(tenant[0])))) return false;
  if (system.empty() || !is_lower(system[0])) return false;
  if (key.size() > 256 || (!simple && (tenant.size() > 241 || system.size() > 14))) return false;
  return std::ranges::all_of(tenant, is_key_letter) && std::ranges::all_of(system, is_key_letter);
}

bool is_value(std::string_view value) {
  auto is_letter = [](char c) { return c >= 0x20 && c <= 0x7e && c != ',' && c != '='; };
  return !value.empty() && value.size() <= 256 && value.back() != ' ' &&
         std::ranges::all_of(value, is_letter);
}

bool is_ot_field(std::string_view key, std::string_view value) {
  auto is_alphanumeric = [](char c) { return is_lower(c) || is_digit(c); };
  auto is_value_letter = [](char c) {
    return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
  };
  return !key.empty() && is_lower(key[0]) && std::ranges::all_of(key, is_alphanumeric) &&
         std::ranges::all_of(value, is_value_letter);
}

/// Cuts `text` at the first `separator`; what stands behind it stays in `text`.
std::string_view take_until(std::string_view& text, char separator) {
  std::string_view head = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(text.size(), head.size() + 1));
  return head;
}

std::string_view without_blanks(std::string_view text) {
  size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

Result<TraceState> TraceState::parse(std::string_view text) {
  TraceState state;
  if (text.size() > limits::kTraceStateBytes) {
    metrics::count_limit_hit("trace_state_bytes");
    return fail(Code::kInvalid, "a tracestate of {} bytes, at most {}", text.size(),
                limits::kTraceStateBytes);
  }
  size_t members = 0;
  while (!text.empty()) {
    std::string_view member = without_blanks(take_until(text, ','));
    if (member.empty()) continue;
    if (++members > limits::kTraceStateMembers) {
      metrics::count_limit_hit("trace_state_members");
      return fail(Code::kInvalid, "a tracestate of more than {} members",
                  limits::kTraceStateMembers);
    }
    size_t equals = member.find('=');
    if (equals == std::string_view::npos)
      return fail(Code::kInvalid, "tracestate: \"{}\" is no member", member);
    std::string_view key = member.substr(0, equals), value = member.substr(equals + 1);
    if (!is_key(key) || !is_value(value))
      return fail(Code::kInvalid, "tracestate: \"{}\" is no member", member);
    if (auto read = state.read_member(key, value); !read) return std::unexpected(read.error());
  }
  return state;
}

Result<void> TraceState::read_member(std::string_view key, std::string_view value) {
  if (key == "ot") return read_ot(value);
  // The two are neighbours in the text.
  other_members_.emplace_back(key.data(), key.size() + 1 + value.size());
  return {};
}

Result<void> TraceState::read_ot(std::string_view value) {
  // Of two the last counts.
  randomness_.reset();
  threshold_.reset();
  other_fields_.clear();
  for (std::string_view rest = value; !rest.empty();) {
    bool ends_here = rest.back() == ';' && rest.find(';') == rest.size() - 1;
    std::string_view field = take_until(rest, ';');
    size_t colon = field.find(':');
    std::string_view key = field.substr(0, colon);
    std::string_view content = colon == std::string_view::npos ? "" : field.substr(colon + 1);
    if (ends_here || colon == std::string_view::npos || !is_ot_field(key, content))
      return fail(Code::kInvalid, "tracestate: ot: \"{}\" is no field", field);
    if (key == "rv") {
      auto randomness = parse_randomness(content);
      if (!randomness) return std::unexpected(randomness.error());
      randomness_ = *randomness;
      randomness_text_ = content;
    } else if (key == "th") {
      auto threshold = parse_threshold(content);
      if (!threshold) return std::unexpected(threshold.error());
      threshold_ = *threshold;
    } else {
      other_fields_.push_back(field);
    }
  }
  return {};
}

void TraceState::set_randomness(Randomness randomness) {
  randomness_ = randomness;
  randomness_text_ = {};
}

bool TraceState::raise_threshold(Threshold threshold) {
  if (threshold_ && *threshold_ > threshold) return false;
  threshold_ = threshold;
  return true;
}

std::string TraceState::text() const {
  std::string out;
  auto add = [&out](std::string_view separator, std::string_view key, std::string_view value) {
    out.append(out.empty() || out.ends_with('=') ? "" : separator).append(key).append(value);
  };
  if (randomness_ || threshold_ || !other_fields_.empty()) out = "ot=";
  if (randomness_)
    add(";", "rv:",
        randomness_text_.empty() ? randomness_text(*randomness_) : std::string(randomness_text_));
  if (threshold_) add(";", "th:", threshold_text(*threshold_));
  for (std::string_view field : other_fields_) add(";", field, "");
  for (std::string_view member : other_members_) add(",", member, "");
  return out;
}

}  // namespace clew::agent
