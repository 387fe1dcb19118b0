// One agent per server: takes every span, log and metric, says where it came from, hands it on.
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
    accepted(
        enqueue(otlp::Signal::kTraces, tenant, otlp::accepted_bytes(batch), batch.spans().size()));
  }
  /// The same for logs and metrics.
  void accept(const Tenant& tenant, const otlp::Payload& payload, otlp::Accepted accepted) {
    accepted(enqueue(payload.signal(), tenant, payload.bytes(), payload.items()));
  }

  /// See Exporter::drain.
  size_t drain(SteadyTime deadline) { return exporter_.drain(deadline); }

  /// See Exporter::refuses.
  bool refuses() const { return exporter_.refuses(); }

 private:
  Result<void> enqueue(otlp::Signal signal, const Tenant& tenant, const SharedBytes& request,
                       size_t items) {
    SharedBytes edited = editor_.edit(signal, request);
    if (edited.size() > limits::kRequestBytes) {
      metrics::count_limit_hit("request_bytes");
      return fail(Code::kTooLarge, "with what the agent adds the request has {} bytes, at most {}",
                  edited.size(), limits::kRequestBytes);
    }
    return exporter_.enqueue(signal, tenant, std::move(edited), items);
  }

  Editor editor_;
  Exporter exporter_;
};

}  // namespace clew::agent
