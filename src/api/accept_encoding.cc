#include "api/accept_encoding.h"

#include <algorithm>

namespace clew::api {

bool accepts_encoding(const net::HttpRequest& request, std::string_view encoding) {
  std::string_view rest = request.header("Accept-Encoding");
  while (!rest.empty()) {
    std::string_view item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), item.size() + 1));
    std::string_view name = item.substr(0, item.find(';'));
    bool refused = item.find("q=0") != std::string_view::npos &&
                   item.find_first_of("123456789", item.find("q=0")) == std::string_view::npos;
    name.remove_prefix(std::min(name.size(), name.find_first_not_of(" \t")));
    name = name.substr(0, name.find_last_not_of(" \t") + 1);
    if (name == encoding) return !refused;
  }
  return false;
}

}  // namespace clew::api
