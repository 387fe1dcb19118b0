// Clocks of hosts that differ: spans that begin before the span that called them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "otlp/batch.h"

namespace clew::query {

/// What is to be done about one span.
struct SkewCorrection {
  int64_t shift = 0;    // nanoseconds to add to its times
  std::string warning;  // for who reads it; empty: nothing to say
};

/// By position in trace.spans(). A span is moved if its host is another one than its parent's (by
/// host.id, host.ip or host.name of its resource; unknown hosts are all others) and it does not lie
/// within its parent: into the middle of it, or, if it lasted longer, to its beginning. Spans of
/// the same host move with their parent. Nothing is moved further than `most`. The spans must be of
/// one trace. Source: Jaeger's clock skew adjuster.
std::vector<SkewCorrection> find_clock_skew(const otlp::Batch& trace,
                                            std::chrono::nanoseconds most);

/// The trace with its times so corrected, events too, and the warnings under otlp::kJaegerWarnings.
/// Zero turns it off: the trace comes back as it is.
otlp::Batch correct_clock_skew(const otlp::Batch& trace, std::chrono::nanoseconds most);

}  // namespace clew::query
