#include "net/internal/http_target.h"

namespace clew::net {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Result<HttpTarget> split_target(std::string_view target) {
  if (!target.starts_with('/')) {
    size_t scheme = target.find("://");
    if (scheme == target.npos || target.find('/') != scheme + 1) {
      return fail(Code::kMalformed, "the request target must be a path");
    }
    target.remove_prefix(scheme + 3);
    size_t path = target.find_first_of("/?");
    if (path == target.npos) return HttpTarget{"/", {}};
    if (target[path] == '?') return HttpTarget{"/", target.substr(path + 1)};
    target.remove_prefix(path);
  }
  target = target.substr(0, target.find('#'));
  size_t question = target.find('?');
  if (question == target.npos) return HttpTarget{target, {}};
  return HttpTarget{target.substr(0, question), target.substr(question + 1)};
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      int high = text.size() - i > 2 ? hex_digit(text[i + 1]) : -1;
      int low = text.size() - i > 2 ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

Result<HttpFields> parse_query(std::string_view raw_query) {
  HttpFields fields;
  while (!raw_query.empty()) {
    std::string_view piece = raw_query.substr(0, raw_query.find('&'));
    raw_query.remove_prefix(std::min(piece.size() + 1, raw_query.size()));
    if (piece.empty()) continue;
    size_t equals = piece.find('=');
    auto name = percent_decode(piece.substr(0, equals), true);
    auto value = percent_decode(equals == piece.npos ? "" : piece.substr(equals + 1), true);
    if (!name || !value) return fail(Code::kMalformed, "bad percent-encoding in '{}'", piece);
    fields.emplace_back(std::move(*name), std::move(*value));
  }
  return fields;
}

}  // namespace clew::net
