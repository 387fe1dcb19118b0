// From the queue to the store: batches, sends, retries.
#pragma once

#include <functional>
#include <memory>

#include "agent/queue.h"
#include "agent/retry.h"
#include "otlp/signal.h"

namespace clew::agent {

/// Sends one request; calls `done` exactly once, on any thread, also when it gives up. Must not
/// block.
using Send = std::function<void(otlp::Signal signal, const Tenant& tenant, SharedBytes request,
                                std::move_only_function<void(Result<void>)> done)>;

struct ExporterOptions {
  QueueOptions queue;
  RetryOptions retry;
  int consumers = 4;  // batches in flight at once
};

/// Owns the queue and one thread that feeds `send`. Delivery is at least once: a batch stays in the
/// queue's account until it is answered, and is sent again after a retryable error. Any thread may
/// call it. An answer that comes after the Exporter is gone is ignored.
///
/// Counters: clew_exporter_{sent,send_failed,enqueue_failed}_spans_total,
/// clew_exporter_retries_total; gauges clew_exporter_queue_{size,capacity}_bytes.
class Exporter {
 public:
  Exporter(const ExporterOptions& options, Send send);
  /// Stops without waiting for what is queued; see drain().
  ~Exporter();

  /// Queues a request; see Queue::push for the refusals.
  Result<void> enqueue(otlp::Signal signal, const Tenant& tenant, SharedBytes request,
                       size_t spans);

  /// Sends what is queued and waits for the answers until `deadline`. Returns the spans that were
  /// left behind; 0 is success. Nothing may be enqueued any more.
  size_t drain(SteadyTime deadline);

  /// Whether the last request was refused: the queue is full.
  bool refuses() const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace clew::agent
