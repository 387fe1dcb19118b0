// The bootstrap of an Envoy that gets everything else from a control plane.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "main/control_plane_url.h"
#include "net/address.h"

namespace clew {

struct ProxyOptions {
  std::string name, mesh = "default";  // of its Dataplane
  std::string service;  // Envoy's node.cluster: what Zipkin spans call it; empty: name
  std::string zone;     // shown to the control plane; the Dataplane's own counts
  /// Or https://; of several the proxy uses any that is there.
  std::vector<std::string> control_planes = {"http://127.0.0.1:5678"};
  std::string token_file;  // of the proxy; empty: none
  std::string ca_file;     // of the control plane's certificate
  net::Address admin{"127.0.0.1", 9901};
  bool edge = false;  // it measures core locations, and reports what it sends them
};

/// Where its control planes are. kInvalid for a URL that is none, or if only some are https.
Result<std::vector<ControlPlaneUrl>> control_planes_of(const ProxyOptions& options);

/// Envoy's bootstrap as JSON: delta ADS, the runtime layer "clew" over RTDS, and an admin port; of
/// an edge reports of its load as well (LRS). The token stands in it, so the file must be readable
/// by its owner only. Errors are those of control_planes_of(); kIo for a token that cannot be read.
Result<nlohmann::json> proxy_bootstrap(const ProxyOptions& options);

}  // namespace clew
