// One agent per server: takes every span, says where it came from, hands it on.
#pragma once

#include "agent/exporters.h"
#include "agent/place.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "otlp/sink.h"

namespace clew::agent {

/// The way through an agent: stamp the place, queue, export. accept() may be used as an otlp::Sink.
class Agent {
 public:
  Agent(const Place& place, Exporters exporters)
      : stamp_(place), exporters_(std::move(exporters)) {}

  /// Acknowledges once the spans are queued (see Exporters::enqueue), in memory: they survive a
  /// store that is away, not the end of this process. Refuses with kUnavailable when the queues are
  /// full, with kTooLarge what no store would take.
  void accept(const Tenant& tenant, const otlp::Batch& batch, otlp::Accepted accepted) {
    if (batch.spans().empty()) return accepted({});
    SharedBytes stamped = stamp_.stamp(batch);
    if (stamped.size() > limits::kRequestBytes) {
      metrics::count_limit_hit("request_bytes");
      return accepted(fail(Code::kTooLarge, "with its place the request has {} bytes, at most {}",
                           stamped.size(), limits::kRequestBytes));
    }
    exporters_.enqueue(otlp::Signal::kTraces, tenant, stamped, batch.spans().size(),
                       std::move(accepted));
  }

  /// See Exporters::drain.
  std::vector<std::pair<std::string, size_t>> drain(SteadyTime deadline) {
    return exporters_.drain(deadline);
  }

  /// See Exporters::refuses.
  bool refuses() const { return exporters_.refuses(); }

 private:
  PlaceStamp stamp_;
  Exporters exporters_;
};

}  // namespace clew::agent
