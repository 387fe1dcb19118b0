// The agent's way to a store: OTLP over gRPC.
#pragma once

#include "agent/exporter.h"
#include "main/roles.h"

namespace clew {

/// A sender of trace requests to config.endpoint; it owns its connection. Spans that the other side
/// rejects inside an accepted request are logged and counted in
/// clew_exporter_rejected_spans_total, never sent again. kInvalid for a bad endpoint or CA file.
Result<agent::Send> make_otlp_send(const AgentConfig& config);

}  // namespace clew
