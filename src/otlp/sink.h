// Where requests go: the seam between whoever receives them and whoever keeps or forwards them.
#pragma once

#include <functional>

#include "base/result.h"
#include "base/tenant.h"
#include "otlp/batch.h"
#include "otlp/payload.h"

namespace clew::otlp {

/// Called exactly once, on any thread: the batch is as safe as the taker promises, or it is
/// refused.
using Accepted = std::move_only_function<void(Result<void>)>;

/// Takes a batch of one tenant. Must not block; an overloaded taker calls `accepted` with
/// kUnavailable before it does any work. May be called from several threads at once.
using Sink = std::function<void(const Tenant& tenant, Batch batch, Accepted accepted)>;

/// The same for logs and metrics.
using PayloadSink = std::function<void(const Tenant& tenant, Payload payload, Accepted accepted)>;

}  // namespace clew::otlp
