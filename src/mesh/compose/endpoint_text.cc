#include "mesh/compose/endpoint_text.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>

#include "mesh/compose/piece.h"

namespace clew::mesh {

std::string Endpoint::text() const {
  return host.find(':') == host.npos ? fmt::format("{}:{}", host, port)
                                     : fmt::format("[{}]:{}", host, port);
}

Endpoint parse_endpoint(std::string_view text) {
  Endpoint endpoint;
  endpoint.port = 80;
  for (std::string_view scheme : {"http://", "https://"})
    if (text.starts_with(scheme)) {
      endpoint.http = true;
      text.remove_prefix(scheme.size());
    }
  size_t slash = text.find('/');
  if (slash != text.npos) endpoint.path = std::string(text.substr(slash));
  text = text.substr(0, slash);
  size_t colon = text.rfind(':');
  bool bare_ipv6 = text.starts_with('[') && text.ends_with(']');
  if (colon != text.npos && !bare_ipv6) {
    std::string_view port = text.substr(colon + 1);
    auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
    if (error != std::errc() || end != port.data() + port.size() || endpoint.port == 0) return {};
    text = text.substr(0, colon);
  }
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  endpoint.host = std::string(text);
  return endpoint;
}

bool is_ip(const std::string& host) {
  in6_addr address;
  return inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

Json load_assignment(const std::string& cluster, const std::vector<Endpoint>& endpoints) {
  Json members = Json::array();
  for (const Endpoint& each : endpoints)
    members.push_back({{"endpoint", {{"address", socket_address(each.host, each.port)}}}});
  return {{"cluster_name", cluster},
          {"endpoints", Json::array({{{"lb_endpoints", std::move(members)}}})}};
}

}  // namespace clew::mesh
