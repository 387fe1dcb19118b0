// What waits to be exported: bounded, in memory, in order of arrival.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/tenant.h"
#include "otlp/signal.h"

namespace clew::agent {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Requests of one signal and tenant on their way out together.
struct ExportBatch {
  otlp::Signal signal = otlp::Signal::kTraces;
  Tenant tenant;
  SharedBytes bytes;  // one export request
  size_t spans = 0;
  int attempts = 0;         // sends that failed
  SteadyTime first_sent{};  // when it left the queue
};

struct QueueOptions {
  size_t max_bytes = 256 << 20;                  // held in memory, also while being sent
  size_t batch_bytes = 512 << 10;                // a batch is ready at this size …
  std::chrono::milliseconds batch_timeout{200};  // … or this long after its first request came
};

/// A bounded queue that hands out batches. Not thread-safe: its owner locks.
///
/// Bytes count against the bound from push() until done(), so what is being retried is bounded too.
class Queue {
 public:
  explicit Queue(const QueueOptions& options) : options_(options) {}

  /// Appends a request; kUnavailable when the bound would be passed. A request that alone is larger
  /// than the bound is refused for good with kTooLarge.
  Result<void> push(otlp::Signal signal, const Tenant& tenant, SharedBytes request, size_t spans,
                    SteadyTime now);

  /// The oldest tenant's requests that fit one batch, if the batch is ready at `now` (or `flush` is
  /// set); concatenated, which in protobuf is the same as one request with all their ResourceSpans.
  std::optional<ExportBatch> pop(SteadyTime now, bool flush);

  /// When pop() will have something, if nothing more comes; nullopt while the queue is empty.
  std::optional<SteadyTime> ready_at() const;

  /// Gives the bytes of a popped batch free: it was delivered or dropped.
  void done(const ExportBatch& batch) { held_bytes_ -= batch.bytes.size(); }

  size_t held_bytes() const { return held_bytes_; }
  bool empty() const { return requests_.empty(); }

 private:
  struct Request {
    otlp::Signal signal;
    Tenant tenant;
    SharedBytes bytes;
    size_t spans;
    SteadyTime arrived;
  };

  ExportBatch take_batch(SteadyTime now);

  QueueOptions options_;
  std::deque<Request> requests_;
  size_t waiting_bytes_ = 0;  // in requests_
  size_t held_bytes_ = 0;     // in requests_ and popped
};

}  // namespace clew::agent
