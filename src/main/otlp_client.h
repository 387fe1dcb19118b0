// The agent's way to a store: OTLP over gRPC.
#pragma once

#include <memory>

#include "agent/exporter.h"
#include "main/roles.h"
#include "net/grpc_client.h"

namespace clew {

/// A client of config.endpoint. kInvalid for a bad endpoint or bad TLS files.
Result<std::unique_ptr<net::GrpcClient>> make_otlp_client(const AgentConfig& config);

/// Sends requests of any signal through `client`, which must outlive all use. Spans that the other
/// side rejects inside an accepted request are logged and counted in
/// clew_exporter_rejected_{spans,…}_total, never sent again.
agent::Send otlp_send(net::GrpcClient& client, std::chrono::milliseconds timeout);

}  // namespace clew
