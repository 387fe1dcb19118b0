#include "main/control_plane_url.h"

#include <algorithm>
#include <string_view>

#include "net/address.h"
#include "net/http_client.h"

namespace clew {

Result<ControlPlaneUrl> ControlPlaneUrl::parse(const std::string& text) {
  if (auto checked = net::check_url(text); !checked) return std::unexpected(checked.error());
  ControlPlaneUrl url{.text = text, .host = {}, .tls = text.starts_with("https://")};
  std::string_view rest(text);
  rest.remove_prefix(url.tls ? 8 : 7);
  auto address = net::Address::parse(std::string(rest.substr(0, rest.find('/'))));
  if (!address)
    return fail(Code::kInvalid, "{}: wants a host and a port, as https://mesh:5678", text);
  url.host = address->host;
  url.port = address->port;
  return url;
}

Result<std::vector<ControlPlaneUrl>> control_plane_urls(const std::string& text) {
  std::vector<ControlPlaneUrl> urls;
  std::string_view rest(text);
  while (!rest.empty()) {
    std::string_view one = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    auto url = ControlPlaneUrl::parse(std::string(one));
    if (!url) return std::unexpected(url.error());
    urls.push_back(*std::move(url));
  }
  return urls;
}

}  // namespace clew
