// One agent per server: takes every span, says where it came from, hands it on.
#pragma once

#include <atomic>
#include <memory>

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
  Agent(const Place& place, std::unique_ptr<Exporter> exporter, Observer* observer = nullptr)
      : stamp_(place), exporter_(std::move(exporter)), observer_(observer) {}

  /// Acknowledges once the spans are as safe in the queue as was asked for: on disk they survive
  /// the end of this process, in memory a store that is away. Refuses with kUnavailable when the
  /// queue is full, with kTooLarge what no store would take.
  void accept(const Tenant& tenant, const otlp::Batch& batch, otlp::Accepted accepted) {
    if (batch.spans().empty()) return accepted({});
    SharedBytes stamped = stamp_.stamp(batch);
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
                        .items = batch.spans().size()},
                       std::move(answer));
    if (observer_ && !*is_refused) observer_->observe(batch);
  }

  /// See Exporter::drain.
  size_t drain(SteadyTime deadline) { return exporter_->drain(deadline); }

  /// See Exporter::refuses.
  bool refuses() const { return exporter_->refuses(); }

 private:
  PlaceStamp stamp_;
  std::unique_ptr<Exporter> exporter_;
  Observer* observer_;
};

}  // namespace clew::agent
