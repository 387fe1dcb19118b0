// algorithm: equalizing and proportional, the OpenTelemetry Collector's probabilistic_sampler in
// its modes after OTEP 235: the randomness is the trace ID's own or the trace_state's.
#pragma once

#include <optional>

#include "agent/sample/threshold.h"

namespace clew::agent {

/// The rate of everything that leaves is `percentage`, whatever samplers before us left: what comes
/// at a lower rate stays as it is. `arriving` is the th of the span.
Threshold equalizing_threshold(double percentage, int precision, std::optional<Threshold> arriving);

/// Of what arrives `percentage` is kept, so the rates of all samplers multiply. A rate below what
/// can be expressed keeps nothing.
Threshold proportional_threshold(double percentage, int precision,
                                 std::optional<Threshold> arriving);

}  // namespace clew::agent
