// One agent per server: takes every span, says where it came from, hands it on.
#pragma once

#include "agent/exporter.h"
#include "agent/observe/observer.h"
#include "agent/place.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "otlp/sink.h"

namespace clew::agent {

/// The way through an agent: stamp the place, queue, count, export. accept() may be used as an
/// otlp::Sink.
class Agent {
 public:
  /// With an observer, which must outlive the agent, it counts every span that is accepted.
  Agent(const Place& place, const ExporterOptions& options, Send send, Observer* observer = nullptr)
      : stamp_(place), exporter_(options, std::move(send)), observer_(observer) {}

  /// Acknowledges once the spans are in the queue, which is in memory: they survive a store that is
  /// away, not the end of this process. Refuses with kUnavailable when the queue is full, with
  /// kTooLarge what no store would take.
  void accept(const Tenant& tenant, const otlp::Batch& batch, otlp::Accepted accepted) {
    if (batch.spans().empty()) return accepted({});
    SharedBytes stamped = stamp_.stamp(batch);
    if (stamped.size() > limits::kRequestBytes) {
      metrics::count_limit_hit("request_bytes");
      return accepted(fail(Code::kTooLarge, "with its place the request has {} bytes, at most {}",
                           stamped.size(), limits::kRequestBytes));
    }
    auto queued = exporter_.enqueue(tenant, std::move(stamped), batch.spans().size());
    // What is refused comes again, and would be counted again.
    if (queued && observer_) observer_->observe(batch);
    accepted(std::move(queued));
  }

  /// See Exporter::drain.
  size_t drain(SteadyTime deadline) { return exporter_.drain(deadline); }

  /// See Exporter::refuses.
  bool refuses() const { return exporter_.refuses(); }

 private:
  PlaceStamp stamp_;
  Exporter exporter_;
  Observer* observer_;
};

}  // namespace clew::agent
