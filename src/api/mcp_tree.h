// A trace as an assistant reads it: a tree of lines, what matters first where not all fits.
#pragma once

#include <cstddef>
#include <string>

#include "otlp/batch.h"

namespace clew::api {

/// A head with counts, then the tree of at most `most_spans` spans: the first root, failed spans
/// and the longest, each with everything above it. Failed spans have their attributes below them.
/// It says what is left out, and that spans are missing if not `complete`. The spans are of one
/// trace, at least one.
std::string mcp_trace_text(const otlp::Batch& trace, bool complete, size_t most_spans);

}  // namespace clew::api
