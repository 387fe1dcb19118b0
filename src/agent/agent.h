// One agent per server: takes every span, says where it came from, hands it on.
#pragma once

#include "agent/exporter.h"
#include "agent/place.h"
#include "otlp/sink.h"

namespace clew::agent {

/// The way through an agent: stamp the place, queue, export. accept() may be used as an otlp::Sink.
class Agent {
 public:
  Agent(const Place& place, const ExporterOptions& options, Send send)
      : stamp_(place), exporter_(options, std::move(send)) {}

  /// Acknowledges once the spans are in the queue, which is in memory: they survive a store that is
  /// away, not the end of this process. Refuses with kUnavailable when the queue is full.
  void accept(const Tenant& tenant, const otlp::Batch& batch, otlp::Accepted accepted) {
    if (batch.spans().empty()) return accepted({});
    accepted(exporter_.enqueue(tenant, stamp_.stamp(batch), batch.spans().size()));
  }

  /// See Exporter::drain.
  size_t drain(SteadyTime deadline) { return exporter_.drain(deadline); }

 private:
  PlaceStamp stamp_;
  Exporter exporter_;
};

}  // namespace clew::agent
