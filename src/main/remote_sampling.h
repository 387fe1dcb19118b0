// Where Jaeger's clients ask an agent how to sample.
#pragma once

#include <memory>
#include <optional>

#include "agent/remote/remote_sampling.h"
#include "main/listeners.h"
#include "net/address.h"

namespace clew {

/// Reads the strategies and starts listeners in `listeners`: GET /sampling?service=NAME, and / as
/// Jaeger 2 has it, over HTTP; the method jaeger.api_v2.SamplingManager/GetSamplingStrategy over
/// gRPC. What it returns must outlive them.
Result<std::unique_ptr<agent::RemoteSampling>> start_remote_sampling(
    const RemoteSamplingConfig& config, Listeners& listeners);

}  // namespace clew
