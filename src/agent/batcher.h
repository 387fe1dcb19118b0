// Requests that wait in memory, and the batches made of them.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "agent/record.h"

namespace clew::agent {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Requests of one signal and one tenant on their way out together.
struct ExportBatch {
  otlp::Signal signal = otlp::Signal::kTraces;
  Tenant tenant;
  SharedBytes bytes;  // one export request
  size_t items = 0;
  int attempts = 0;                      // sends that failed
  SteadyTime arrived{};                  // its oldest request
  SteadyTime first_sent{};               // when it left the queue
  std::vector<PositionRange> positions;  // in the journal, if there is one
};

struct BatchOptions {
  size_t batch_bytes = 512 << 10;                // a batch is ready at this size …
  std::chrono::milliseconds batch_timeout{200};  // … or this long after its first request came
};

/// Puts requests together. Each signal of each tenant has a lane of its own, so that senders who
/// take turns do not cut each other's batches short. Not thread-safe.
class Batcher {
 public:
  explicit Batcher(const BatchOptions& options) : options_(options) {}

  /// Appends a request; `position` is its place in the journal, if there is one. True if something
  /// becomes ready earlier than was known.
  bool push(Record record, std::optional<Position> position, SteadyTime now);

  /// Requests that fit one batch, of the lane that has been ready for longest; with `flush` also of
  /// one that is not. Concatenated, which in protobuf is the same as one request with all their
  /// resources.
  std::optional<ExportBatch> pop(SteadyTime now, bool flush);

  /// Takes the request out that would be sent first; there must be one.
  Record drop_first();

  /// When pop() will have something, if nothing more comes; nullopt while it is empty.
  std::optional<SteadyTime> ready_at() const;

  bool empty() const { return lanes_.empty(); }
  size_t bytes() const { return bytes_; }  // of all requests

 private:
  struct Waiting {
    Record record;
    std::optional<Position> position;
    SteadyTime arrived;
  };
  struct Lane {
    std::deque<Waiting> waiting;
    size_t bytes = 0;
    SteadyTime ready;  // as it stands in by_ready_
  };
  using Lanes = std::map<std::pair<otlp::Signal, Tenant>, Lane>;

  void settle(Lanes::iterator lane);

  BatchOptions options_;
  Lanes lanes_;  // none is empty
  std::set<std::pair<SteadyTime, std::pair<otlp::Signal, Tenant>>> by_ready_;
  size_t bytes_ = 0;
};

}  // namespace clew::agent
