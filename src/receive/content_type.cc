#include "receive/content_type.h"

#include <algorithm>

namespace clew::receive {

std::string media_type(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  size_t begin = content_type.find_first_not_of(" \t");
  if (begin == content_type.npos) return {};
  content_type = content_type.substr(begin, content_type.find_last_not_of(" \t") - begin + 1);
  std::string out(content_type);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  return out;
}

}  // namespace clew::receive
