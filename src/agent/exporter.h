// From the queue to the other side: batches, sends, retries.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/queue.h"
#include "agent/retry.h"
#include "base/clock.h"
#include "otlp/signal.h"

namespace clew::agent {

/// Sends one request; calls `done` exactly once, on any thread, also when it gives up. Must not
/// block.
using Send = std::function<void(otlp::Signal signal, const Tenant& tenant, SharedBytes request,
                                std::move_only_function<void(Result<void>)> done)>;

struct ExporterOptions {
  std::string name = "otlp";  // in logs, and as label `exporter` of the metrics
  QueueOptions queue;         // of this exporter alone: no two may have the same directory
  RetryOptions retry;
  int consumers = 4;  // batches in flight at once
};

/// How it goes.
struct ExporterStatus {
  uint64_t queued_bytes = 0;
  uint64_t max_bytes = 0;  // that may be queued
  bool on_disk = false;    // the queue
  bool refuses = false;    // what came last found no room
  /// Since when nothing that was sent was taken, and why the last was not; unset while it goes
  /// well, or nothing was sent yet.
  std::optional<UnixNanos> failing_since = {};
  std::string last_error = {};
};

/// Owns a queue and one thread that feeds `send`. Delivery is at least once: a batch stays in the
/// queue's account until it is answered, and is sent again after a retryable error. Any thread may
/// call it. An answer that comes after the Exporter is gone is ignored.
///
/// Metrics, with the label `exporter`:
/// clew_exporter_{sent,send_failed,enqueue_failed}_{spans,log_records,metric_points}_total,
/// (send_failed with its `reason`), clew_exporter_retries_total and those of the queue:
/// clew_exporter_queue_{size,capacity}_bytes, clew_exporter_dropped_{spans,…}_total{reason}, …
class Exporter {
 public:
  /// Fails as Queue::open.
  static Result<std::unique_ptr<Exporter>> open(const ExporterOptions& options, Send send);
  /// Stops without waiting for what is queued; see drain().
  ~Exporter();

  /// Queues a request; see Queue::push for the refusals.
  void enqueue(Record record, Queue::Accepted accepted);

  /// Sends what is queued and waits for the answers until `deadline`; a queue on disk is given up
  /// earlier if the other side is away. Returns the items that are lost with the process: 0 for a
  /// queue on disk. Nothing may be enqueued any more.
  size_t drain(SteadyTime deadline);

  /// Whether the last request was refused: the queue is full.
  bool refuses() const;
  ExporterStatus status() const;
  /// See Queue.
  void resize(uint64_t max_bytes, uint64_t memory_bytes);
  double memory_fullness() const;
  bool empty() const;

 private:
  class State;
  explicit Exporter(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace clew::agent
