// MeshAccessLog: a line for every request, to a file or as OpenTelemetry logs.
#pragma once

#include <string>
#include <vector>

#include "mesh/compose/piece.h"

namespace clew::mesh {

struct AccessLogs {
  Json list = Json::array();         // config.accesslog.v3.AccessLog
  std::vector<Draft> clusters = {};  // of what they are sent to
  std::vector<ResourceKey> origins = {};
};

/// Of what comes in at the proxy (`spec.from`, `spec.rules`), or of what goes out of it
/// (`spec.to`). Logs sent over OTLP carry the trace and span ID of their request, as Envoy writes
/// them. `destination` is the service that requests are for; empty: each names its own in
/// kServiceHeader.
AccessLogs access_logs_of(const Context& context, bool outbound, const std::string& destination);

}  // namespace clew::mesh
