// One trace as Jaeger's v1 API answers it, written while it is read.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "query/trace_stream.h"

namespace clew::api {

/// The pieces of the answer, for net::HttpResponse::pieces; each is of some thousand spans. Throws
/// std::length_error when the resources of the spans, which stand behind them, are more than
/// limits::kTraceAnswerBytes.
std::function<std::string()> jaeger_trace_pieces(std::unique_ptr<query::TraceStream> trace);

}  // namespace clew::api
