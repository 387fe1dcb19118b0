// The workload that figures refer to: spans as a mesh of Envoys emits them. docs/performance.md
// describes it.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "otlp/batch.h"

namespace clew::load {

/// The two IDs that name a span.
struct SpanKey {
  TraceId trace_id;
  SpanId span_id;
};

/// Makes requests of spans of interleaved traces: edge, ingress gateway, sidecars (about 21 string
/// attributes each, as Envoy 1.40 writes them) and SDK spans (10 attributes); 8 spans a trace on
/// average, 20 services, 300 operations, 5 datacenters, 2,000 apps drawn by Zipf's law, 2 % of the
/// traces with an error, log-normal durations. IDs, addresses, sizes and times are unique to each
/// request. Two generators with different seeds share nothing. One thread.
class Workload {
 public:
  explicit Workload(uint64_t seed);

  /// A serialized ExportTraceServiceRequest of `spans` spans, about 870 bytes each.
  std::string next_request(size_t spans);

  /// The spans of the last request, in their order, for a check of what arrived.
  const std::vector<SpanKey>& last_spans() const { return last_spans_; }

  /// Makes traces from here on as if it were `time`; 0: the clock's time.
  void set_now(UnixNanos time) { now_ = time; }

 private:
  struct Span {
    size_t service;
    std::string bytes;
    SpanKey key;
  };
  struct TraceContext;

  void add_trace();
  void add_span(const TraceContext& trace, size_t hop, size_t hops);
  void add_proxy_attributes(std::string& span, const TraceContext& trace, size_t hop);
  void add_app_attributes(std::string& span, const TraceContext& trace);
  uint64_t below(uint64_t bound) { return random_() % bound; }
  size_t zipf_app();

  std::mt19937_64 random_;
  std::vector<std::string> resources_;    // Resource messages, by service
  std::vector<double> app_distribution_;  // cumulative, by app
  std::vector<Span> waiting_;             // spans of traces whose rest comes in later requests
  std::vector<SpanKey> last_spans_;
  UnixNanos now_ = 0;  // 0: the clock's
};

}  // namespace clew::load
