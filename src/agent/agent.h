// One agent per server: takes every span, log and metric, says where it came from, hands it on.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/edit/editor.h"
#include "agent/exporters.h"
#include "agent/observe/observer.h"
#include "agent/pressure.h"
#include "agent/sample/sampling_stage.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "otlp/payload.h"
#include "otlp/sink.h"
#include "otlp/writer.h"

namespace clew::agent {

/// The way through an agent: sample, edit, queue, export; and what was taken is counted, kept or
/// not. What sampling drops is never edited. accept() may be used as an otlp::Sink and as an
/// otlp::PayloadSink.
class Agent {
 public:
  /// What is handed in must outlive the agent. Without an observer nothing is counted, without
  /// `pressure` nothing is given up before it has to be refused.
  Agent(SamplingStage& sampling, Observer* observer, const EditOptions& edits, Exporters& exporters,
        Pressure* pressure = nullptr)
      : sampling_(sampling),
        observer_(observer),
        editor_(std::make_shared<const Editor>(edits)),
        exporters_(exporters),
        pressure_(pressure) {}

  /// Acknowledges once the spans are as safe in the queues as was asked for (see
  /// Exporters::enqueue): on disk they survive the end of this process, in memory a store that is
  /// away. What sampling drops is acknowledged at once. Refuses with kUnavailable when the queues
  /// are full, with kTooLarge what no store would take.
  void accept(const Tenant& tenant, const otlp::Batch& batch, otlp::Accepted accepted) {
    if (pressure_) pressure_->observe();
    if (observer_) accepted = counting(tenant, batch, std::move(accepted));
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

  /// Queues metrics of the agent's own making, which say already where they come from.
  void send_metrics(const SharedBytes& request, size_t points, otlp::Accepted accepted) {
    exporters_.enqueue(otlp::Signal::kMetrics, Tenant(), request, points, std::move(accepted));
  }

  /// From the next request on.
  void replace_edits(const EditOptions& edits) {
    editor_.store(std::make_shared<const Editor>(edits));
  }

  /// See Exporters::drain.
  std::vector<std::pair<std::string, size_t>> drain(SteadyTime deadline) {
    return exporters_.drain(deadline);
  }

  /// See Exporters::refuses.
  bool refuses() const { return exporters_.refuses(); }

 private:
  /// Counts the batch once it is taken: what is refused comes again, and would be counted again.
  otlp::Accepted counting(const Tenant& tenant, const otlp::Batch& batch, otlp::Accepted accepted) {
    return [this, tenant, batch, accepted = std::move(accepted)](Result<void> taken) mutable {
      if (taken) observer_->observe(batch, tenant, pressure_ && pressure_->relieve_work());
      accepted(std::move(taken));
    };
  }

  void enqueue(otlp::Signal signal, const Tenant& tenant, const SharedBytes& request, size_t items,
               otlp::Accepted accepted) {
    SharedBytes edited = editor_.load()->edit(signal, request);
    if (edited.size() > limits::kRequestBytes) {
      metrics::count_limit_hit("request_bytes");
      return accepted(fail(Code::kTooLarge,
                           "with what the agent adds the request has {} bytes, at most {}",
                           edited.size(), limits::kRequestBytes));
    }
    exporters_.enqueue(signal, tenant, edited, items, std::move(accepted));
  }

  SamplingStage& sampling_;
  Observer* observer_;
  std::atomic<std::shared_ptr<const Editor>> editor_;
  Exporters& exporters_;
  Pressure* pressure_;
};

}  // namespace clew::agent
