// What is not yet in a block: batches in memory, and which spans of them make up which trace.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/tenant.h"
#include "otlp/batch.h"
#include "store/log.h"
#include "store/part.h"
#include "store/stable_vector.h"

namespace clew::store {

/// What the head keeps of each span beside its place. Views into the batch.
struct SpanFacts {
  UnixNanos start;
  uint64_t duration;
  std::string_view name;
  otlp::SpanKind kind;
};

/// Decodes them for every span of a batch, in order. Done before the batch is logged, on the thread
/// that brings it and still has it in its cache.
std::vector<SpanFacts> facts_of(const otlp::Batch& batch);

/// What a batch and its facts take in memory on their way to the head.
inline uint64_t inflight_cost(const otlp::Batch& batch) {
  return batch.memory_bytes() + batch.spans().size() * sizeof(SpanFacts);
}

/// One tenant's spans of a head. Batches are kept as they came and shared; a span is a row of 32
/// bytes that points into one. Rows of a trace form a chain from the newest backwards.
class HeadTenant {
 public:
  static constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();

  struct Row {
    UnixNanos start;
    uint64_t duration;
    uint32_t batch;
    uint32_t span;      // index into the batch's spans()
    uint32_t previous;  // row of the same trace, or kNone
    uint32_t operation;
  };
  static_assert(sizeof(Row) == 32);

  struct Trace {
    UnixNanos min_start;  // of the spans whose start is known; 0 if there is none
    UnixNanos max_start;
    uint32_t last_row;
  };

  using Rows = StableVector<Row, 4096>;
  using Batches = StableVector<otlp::Batch, 256>;
  using Traces = std::unordered_map<TraceId, Trace, IdHash>;

  /// Adds a batch; returns the bytes it takes in memory. One thread.
  uint64_t insert(const otlp::Batch& batch, const std::vector<SpanFacts>& facts);

  size_t trace_count() const {
    std::shared_lock lock(mutex_);
    return traces_.size();
  }

  /// True if another batch fits the 32-bit row numbers; a head is frozen long before.
  bool has_room(size_t spans) const { return rows_.size() + spans < kNone; }

 private:
  friend class HeadPart;
  friend class HeadSearch;

  struct OperationHash {
    size_t operator()(const OperationView& key) const;
  };

  uint32_t operation_id(const OperationView& key);

  mutable std::shared_mutex mutex_;  // of everything below
  Rows rows_;
  Batches batches_;
  Traces traces_;
  StableVector<OperationKey, 256> operations_;
  std::unordered_map<OperationView, uint32_t, OperationHash> operation_ids_;  // views of the above
  UnixNanos newest_trace_start_ = 0;
};

/// Everything between two flushes. One thread inserts; any thread reads.
class Head {
 public:
  /// Adds a batch and remembers that the log is covered up to and with `position`.
  void insert(LogPosition position, const Tenant& tenant, const otlp::Batch& batch,
              const std::vector<SpanFacts>& facts);

  /// The tenant's spans so far, and those that still come; null if it has none.
  std::shared_ptr<const Part> part(const Tenant& tenant) const;

  struct Contents {
    Tenant tenant;
    std::shared_ptr<const HeadTenant> spans;
  };
  std::vector<Contents> tenants() const;

  /// Visits every span, trace by trace in order of ID, in a trace in order of arrival. Only when
  /// nothing is inserted any more. Stops at the first error of `visit` and returns it.
  using TraceVisitor = std::function<Result<void>(
      std::span<const std::pair<const otlp::Batch*, const otlp::SpanRef*>> spans)>;
  static Result<void> visit_traces(const Contents& contents, const TraceVisitor& visit);

  uint64_t bytes() const { return bytes_; }
  uint64_t spans() const { return spans_; }
  uint64_t traces() const;
  bool empty() const { return spans_ == 0; }
  /// Every record before this that was acknowledged is in here or in a block.
  LogPosition log_end() const { return log_end_; }

 private:
  std::shared_ptr<HeadTenant> tenant(const Tenant& tenant);

  std::atomic<uint64_t> bytes_ = 0;
  std::atomic<uint64_t> spans_ = 0;
  std::atomic<LogPosition> log_end_ = 0;
  mutable std::shared_mutex mutex_;  // of the map; each tenant has its own
  std::map<Tenant, std::shared_ptr<HeadTenant>> tenants_;
};

}  // namespace clew::store
