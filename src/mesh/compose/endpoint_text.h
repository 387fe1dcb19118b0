// Where a backend listens, as policies write it: "host:port" or a URL.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/resource/json_access.h"

namespace clew::mesh {

struct Endpoint {
  std::string host;  // empty: the text was none
  uint16_t port = 0;
  std::string path = {};
  bool http = false;  // it was a URL

  /// "host:port".
  std::string text() const;
};

/// Reads "agent:4317", "[::1]:4317", "http://agent:9411/api/v2/spans".
Endpoint parse_endpoint(std::string_view text);

/// Whether Envoy can connect to it without asking DNS.
bool is_ip(const std::string& host);

/// Envoy's ClusterLoadAssignment of a cluster with these endpoints, in one locality.
Json load_assignment(const std::string& cluster, const std::vector<Endpoint>& endpoints);

}  // namespace clew::mesh
