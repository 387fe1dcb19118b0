// One agent per server: takes every span, says where it came from, hands it on.
#pragma once

#include "agent/edit/editor.h"
#include "agent/exporter.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "otlp/sink.h"
#include "otlp/writer.h"

namespace clew::agent {

/// The way through an agent: edit, queue, export. accept() may be used as an otlp::Sink.
class Agent {
 public:
  Agent(const EditOptions& edits, const ExporterOptions& options, Send send)
      : editor_(edits), exporter_(options, std::move(send)) {}

  /// Acknowledges once the spans are in the queue, which is in memory: they survive a store that is
  /// away, not the end of this process. Refuses with kUnavailable when the queue is full, with
  /// kTooLarge what no store would take.
  void accept(const Tenant& tenant, const otlp::Batch& batch, otlp::Accepted accepted) {
    if (batch.spans().empty()) return accepted({});
    SharedBytes edited = editor_.edit(otlp::accepted_bytes(batch));
    if (edited.size() > limits::kRequestBytes) {
      metrics::count_limit_hit("request_bytes");
      return accepted(fail(Code::kTooLarge,
                           "with what the agent adds the request has {} bytes, at most {}",
                           edited.size(), limits::kRequestBytes));
    }
    accepted(exporter_.enqueue(tenant, std::move(edited), batch.spans().size()));
  }

  /// See Exporter::drain.
  size_t drain(SteadyTime deadline) { return exporter_.drain(deadline); }

  /// See Exporter::refuses.
  bool refuses() const { return exporter_.refuses(); }

 private:
  Editor editor_;
  Exporter exporter_;
};

}  // namespace clew::agent
