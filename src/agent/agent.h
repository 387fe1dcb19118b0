// One agent per server: takes every span, log and metric, says where it came from, hands it on.
#pragma once

#include <memory>
#include <optional>

#include "agent/edit/editor.h"
#include "agent/exporter.h"
#include "agent/sample/sampling_stage.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "otlp/sink.h"
#include "otlp/writer.h"

namespace clew::agent {

/// The way through an agent: sample, edit, queue, export. What sampling drops is never edited.
/// accept() may be used as an otlp::Sink.
class Agent {
 public:
  /// Without `sampling` everything is kept.
  Agent(std::optional<SamplingConfig> sampling, const EditOptions& edits,
        std::unique_ptr<Exporter> exporter)
      : sampling_(std::move(sampling)), editor_(edits), exporter_(std::move(exporter)) {}

  /// Acknowledges once the spans are as safe in the queue as was asked for: on disk they survive
  /// the end of this process, in memory a store that is away. What sampling drops is acknowledged
  /// at once. Refuses with kUnavailable when the queue is full, with kTooLarge what no store would
  /// take.
  void accept(const Tenant& tenant, const otlp::Batch& batch, otlp::Accepted accepted) {
    SamplingStage::Sampled sampled = sampling_.sample(tenant, batch);
    if (sampled.spans == 0) return accepted({});
    enqueue(otlp::Signal::kTraces, tenant,
            sampled.is_whole ? otlp::accepted_bytes(batch) : std::move(sampled.request),
            sampled.spans, std::move(accepted));
  }
  /// The same for logs and metrics, which are not sampled.
  void accept(const Tenant& tenant, const otlp::Payload& payload, otlp::Accepted accepted) {
    enqueue(payload.signal(), tenant, payload.bytes(), payload.items(), std::move(accepted));
  }

  /// What decides which spans are kept; may be replaced while they come.
  SamplingStage& sampling() { return sampling_; }

  /// See Exporter::drain.
  size_t drain(SteadyTime deadline) { return exporter_->drain(deadline); }

  /// See Exporter::refuses.
  bool refuses() const { return exporter_->refuses(); }

 private:
  void enqueue(otlp::Signal signal, const Tenant& tenant, const SharedBytes& request, size_t items,
               otlp::Accepted accepted) {
    SharedBytes edited = editor_.edit(signal, request);
    if (edited.size() > limits::kRequestBytes) {
      metrics::count_limit_hit("request_bytes");
      return accepted(fail(Code::kTooLarge,
                           "with what the agent adds the request has {} bytes, at most {}",
                           edited.size(), limits::kRequestBytes));
    }
    exporter_->enqueue(
        {.signal = signal, .tenant = tenant, .bytes = std::move(edited), .items = items},
        std::move(accepted));
  }

  SamplingStage sampling_;
  Editor editor_;
  std::unique_ptr<Exporter> exporter_;
};

}  // namespace clew::agent
