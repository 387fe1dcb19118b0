// The bootstrap of an Envoy that gets everything else from a control plane.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/result.h"
#include "net/address.h"

namespace clew {

struct ProxyOptions {
  std::string name, mesh = "default";  // of its Dataplane
  std::string service;  // Envoy's node.cluster: what Zipkin spans call it; empty: name
  std::string zone;     // shown to the control plane; the Dataplane's own counts
  std::string control_plane = "http://127.0.0.1:5678";  // or https://
  std::string token_file;                               // of the proxy; empty: none
  std::string ca_file;                                  // of the control plane's certificate
  net::Address admin{"127.0.0.1", 9901};
  bool edge = false;  // it measures core locations, and reports what it sends them
};

struct ControlPlaneAddress {
  std::string host;
  uint16_t port = 0;
  bool tls = false;
};
/// Of a URL as "https://mesh:5678"; kInvalid for anything else.
Result<ControlPlaneAddress> control_plane_of(const std::string& url);

/// Envoy's bootstrap as JSON: delta ADS, the runtime layer "clew" over RTDS, and an admin port; of
/// an edge reports of its load as well (LRS). The
/// token stands in it, so the file must be readable by its owner only. kInvalid for a URL of the
/// control plane that is none; kIo for a token that cannot be read.
Result<nlohmann::json> proxy_bootstrap(const ProxyOptions& options);

}  // namespace clew
