// Where proxies send spans and logs: the collectors that policies name.
#pragma once

#include <string>
#include <vector>

#include "mesh/compose/endpoint_text.h"
#include "mesh/compose/piece.h"

namespace clew::mesh {

/// What the `openTelemetry` section of a backend means: its `endpoint`, or that of the
/// MeshOpenTelemetryBackend it refers to, which is added to `origins`. Without a host: nothing.
Endpoint otel_endpoint(const Context& context, const Json& backend,
                       std::vector<ResourceKey>& origins);

/// The cluster of a collector. `idle_timeout` as for http_options().
Draft collector_cluster(const std::string& name, const Endpoint& endpoint, bool http2,
                        const std::string& idle_timeout, const std::vector<ResourceKey>& origins);

/// A cluster's typed_extension_protocol_options; an empty `idle_timeout` leaves it to Envoy.
Json http_options(bool http2, const std::string& idle_timeout);

}  // namespace clew::mesh
