#include "net/base_path.h"

#include <algorithm>

namespace clew::net {
namespace {

constexpr size_t kMostBytes = 256;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

bool is_segment(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_plain) &&
         text.find_first_not_of('.') != text.npos;
}

}  // namespace

bool is_base_path(std::string_view text) {
  if (!text.starts_with('/') || text.size() > kMostBytes) return false;
  for (text.remove_prefix(1);;) {
    size_t slash = text.find('/');
    if (!is_segment(text.substr(0, slash))) return false;
    if (slash == text.npos) return true;
    text.remove_prefix(slash + 1);
  }
}

std::string_view forwarded_prefix(const HttpRequest& request) {
  std::string_view prefix = request.header("X-Forwarded-Prefix");
  if (prefix.ends_with('/')) prefix.remove_suffix(1);
  return is_base_path(prefix) ? prefix : std::string_view();
}

}  // namespace clew::net
