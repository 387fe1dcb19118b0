// One trace as Clew's own API answers it, written while it is read.
#pragma once

#include <memory>

#include "api/trace_pieces.h"

namespace clew::api {

/// The JSON of `GET /api/clew/v1/traces/{id}`, drawn in docs/api.md: types kept, resources and
/// scopes once, times relative to the trace's start. Up to 4096 spans, and 16 MB of them, come in
/// the order of their starts, more as they are read.
std::unique_ptr<TraceAnswer> clew_trace_answer(const TraceId& id,
                                               const query::TraceStream::Extent& extent);

}  // namespace clew::api
