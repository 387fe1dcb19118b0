// One agent per server: takes every span, says where it came from, hands it on.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "agent/exporters.h"
#include "agent/observe/observer.h"
#include "agent/place.h"
#include "agent/sample/sampling_stage.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "otlp/sink.h"

namespace clew::agent {

/// The way through an agent: sample, stamp the place, queue, export; and what was taken is counted,
/// kept or not. accept() may be used as an otlp::Sink.
class Agent {
 public:
  /// `sampling` and `observer` must outlive the agent; without an observer nothing is counted.
  Agent(SamplingStage& sampling, Observer* observer, const Place& place, Exporters exporters)
      : sampling_(sampling),
        observer_(observer),
        stamp_(place),
        exporters_(std::move(exporters)) {}

  /// Acknowledges once the spans are as safe in the queues as was asked for (see
  /// Exporters::enqueue): on disk they survive the end of this process, in memory a store that is
  /// away. What sampling drops is acknowledged at once. Refuses with kUnavailable when the queues
  /// are full, with kTooLarge what no store would take.
  void accept(const Tenant& tenant, const otlp::Batch& batch, otlp::Accepted accepted) {
    if (observer_) accepted = counting(tenant, batch, std::move(accepted));
    SamplingStage::Sampled sampled = sampling_.sample(tenant, batch);
    if (sampled.spans == 0) return accepted({});
    auto kept = sampled.is_whole ? batch : otlp::Batch::index(std::move(sampled.request));
    if (!kept) return accepted(std::unexpected(kept.error()));
    SharedBytes stamped = stamp_.stamp(*kept);
    if (stamped.size() > limits::kRequestBytes) {
      metrics::count_limit_hit("request_bytes");
      return accepted(fail(Code::kTooLarge, "with its place the request has {} bytes, at most {}",
                           stamped.size(), limits::kRequestBytes));
    }
    exporters_.enqueue(otlp::Signal::kTraces, tenant, stamped, kept->spans().size(),
                       std::move(accepted));
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
      if (taken) observer_->observe(batch, tenant);
      accepted(std::move(taken));
    };
  }

  SamplingStage& sampling_;
  Observer* observer_;
  PlaceStamp stamp_;
  Exporters exporters_;
};

}  // namespace clew::agent
