// One agent per server: takes every span, says where it came from, hands it on.
#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "agent/exporter.h"
#include "agent/observe/observer.h"
#include "agent/place.h"
#include "agent/sample/sampling_stage.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "otlp/sink.h"

namespace clew::agent {

/// The way through an agent: sample, stamp the place, queue, count, export. accept() may be used as
/// an otlp::Sink.
class Agent {
 public:
  /// Without `sampling` everything is kept. With an observer, which must outlive the agent, every
  /// span that is accepted is counted, also what sampling drops.
  Agent(std::optional<SamplingConfig> sampling, const Place& place,
        std::unique_ptr<Exporter> exporter, Observer* observer = nullptr)
      : sampling_(std::move(sampling)),
        stamp_(place),
        exporter_(std::move(exporter)),
        observer_(observer) {}

  /// Acknowledges once the spans are as safe in the queue as was asked for: on disk they survive
  /// the end of this process, in memory a store that is away. What sampling drops is acknowledged
  /// at once. Refuses with kUnavailable when the queue is full, with kTooLarge what no store would
  /// take.
  void accept(const Tenant& tenant, const otlp::Batch& batch, otlp::Accepted accepted) {
    SamplingStage::Sampled sampled = sampling_.sample(tenant, batch);
    if (sampled.spans == 0) {
      observe(batch);
      return accepted({});
    }
    auto kept = sampled.is_whole ? batch : otlp::Batch::index(std::move(sampled.request));
    if (!kept) return accepted(std::unexpected(kept.error()));
    SharedBytes stamped = stamp_.stamp(*kept);
    if (stamped.size() > limits::kRequestBytes) {
      metrics::count_limit_hit("request_bytes");
      return accepted(fail(Code::kTooLarge, "with its place the request has {} bytes, at most {}",
                           stamped.size(), limits::kRequestBytes));
    }
    // What is refused comes again, and would be counted again. A full queue says so at once; what
    // the disk refuses later has been counted.
    auto is_refused = std::make_shared<std::atomic<bool>>(false);
    auto answer = [accepted = std::move(accepted), is_refused](Result<void> result) mutable {
      if (!result) *is_refused = true;
      accepted(std::move(result));
    };
    exporter_->enqueue({.signal = otlp::Signal::kTraces,
                        .tenant = tenant,
                        .bytes = std::move(stamped),
                        .items = kept->spans().size()},
                       std::move(answer));
    if (!*is_refused) observe(batch);
  }

  /// What decides which spans are kept; may be replaced while they come.
  SamplingStage& sampling() { return sampling_; }

  /// See Exporter::drain.
  size_t drain(SteadyTime deadline) { return exporter_->drain(deadline); }

  /// See Exporter::refuses.
  bool refuses() const { return exporter_->refuses(); }

 private:
  void observe(const otlp::Batch& batch) {
    if (observer_) observer_->observe(batch);
  }

  SamplingStage sampling_;
  PlaceStamp stamp_;
  std::unique_ptr<Exporter> exporter_;
  Observer* observer_;
};

}  // namespace clew::agent
