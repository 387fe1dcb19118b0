// One trace as Jaeger's v1 API answers it, written while it is read.
#pragma once

#include <memory>

#include "api/trace_pieces.h"

namespace clew::api {

/// The answer with one trace of this ID. Keeps the resources of the spans, which stand behind them.
std::unique_ptr<TraceAnswer> jaeger_trace_answer(const TraceId& id);

}  // namespace clew::api
