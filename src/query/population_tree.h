// Many traces as one tree of calls.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "query/population_sketch.h"
#include "query/population_trace.h"
#include "store/span_outline.h"

namespace clew::query {

/// A span that stands for others.
struct SpanExample {
  TraceId trace;
  SpanId span;
  uint64_t duration = 0;  // nanoseconds

  auto operator<=>(const SpanExample&) const = default;
};

/// What is known of all spans that were called by the same path: each span on it of the same
/// service, name and kind, from the root on. Times are nanoseconds, summed over the spans.
struct PopulationNode {
  uint32_t depth = 0;      // 0: a root
  uint32_t operation = 0;  // in Population::operations
  uint64_t traces = 0;     // that have such a span
  uint64_t spans = 0;
  uint64_t errors = 0;   // spans
  uint64_t orphans = 0;  // spans whose parent is not in their trace
  uint64_t offset = 0;   // of their starts after those of their traces
  uint64_t total = 0;    // their durations
  uint64_t self = 0;     // as TimedSpan has it, as is the next
  uint64_t critical = 0;
  uint64_t shortest = 0, longest = 0;
  uint64_t p50 = 0, p95 = 0, p99 = 0;  // of durations, off by DurationSketch::kError
  SpanExample slowest, typical;        // the longest; one with about the median duration
  std::optional<SpanExample> failed;   // the longest of the failed ones
};

struct PopulationOperation {
  std::string service, name;
  otlp::SpanKind kind = otlp::SpanKind::kUnspecified;
};

/// A tree of calls, as it is answered with.
struct Population {
  uint64_t traces = 0, spans = 0;
  UnixNanos oldest = 0, newest = 0;  // starts of traces; 0 if none is known
  std::vector<PopulationOperation> operations;
  std::vector<PopulationNode> nodes;  // in preorder; siblings in the order in which they start
  /// Spans that are in no node, as the tree had reached limits::kPopulationNodes (or texts
  /// limits::kPopulationTextBytes), or they were deeper than limits::kPopulationDepth; what they
  /// add to critical paths is counted with the last node above them.
  uint64_t cut_by_nodes = 0, cut_by_depth = 0;
};

/// Merges traces, one after the other. Its memory is bounded by limits, not by the traces. One
/// thread.
class CallTree {
 public:
  /// A span of the trace at hand. False if that has more than limits::kSpansPerTrace.
  bool add(const store::SpanOutline& span);

  /// Merges what was added since the trace before; nothing if there was nothing. `id` must be
  /// another one each time.
  void end_trace(const TraceId& id);

  /// Adds the traces of another tree, which must be other ones.
  void add(const CallTree& other);

  uint64_t traces() const { return traces_; }

  Population finish() const;

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr uint32_t kTooDeep = kNone - 1;
  static constexpr size_t kSampled = 6;

  struct Operation {
    std::string_view service, name;  // of texts_, or of what is looked up
    otlp::SpanKind kind;

    bool operator==(const Operation&) const = default;
    template <typename H>
    friend H AbslHashValue(H hash, const Operation& operation) {
      return H::combine(std::move(hash), operation.service, operation.name, operation.kind);
    }
  };
  /// Spans that chance has chosen: those with the smallest hashes.
  struct Sampled {
    uint64_t hash = UINT64_MAX;
    SpanExample span;

    auto operator<=>(const Sampled&) const = default;
  };
  struct Node {
    uint32_t parent, operation, depth;
    uint64_t last_trace = 0;  // its number, from 1
    uint64_t traces = 0, errors = 0, orphans = 0;
    uint64_t offset = 0, total = 0, self = 0, critical = 0;
    DurationSketch durations;
    SpanExample slowest;
    std::optional<SpanExample> failed;
    std::array<Sampled, kSampled> sampled;  // by hash
  };

  static bool is_cut(uint32_t node) { return node >= kTooDeep; }
  uint32_t place_of(const Operation& operation);
  uint32_t node_below(uint32_t parent, uint32_t operation);
  uint32_t node_of(const TimedSpan& span);
  void count(Node& node, const TimedSpan& span, const TraceId& id);
  static void sample(Node& node, const Sampled& sampled);
  static void add(Node& node, const Node& other);
  static PopulationNode described(const Node& node);
  std::vector<uint8_t> largest() const;
  std::vector<uint64_t> critical_of(const std::vector<uint8_t>& kept) const;
  std::vector<uint32_t> preorder(const std::vector<uint8_t>& kept) const;

  TraceTimer timer_;
  std::deque<Node> nodes_;                                               // each behind its parent
  absl::flat_hash_map<std::pair<uint32_t, uint32_t>, uint32_t> places_;  // by parent and operation
  std::vector<Operation> operations_;
  absl::flat_hash_map<Operation, uint32_t> operation_places_;
  std::deque<std::string> texts_;
  size_t text_bytes_ = 0;
  // By span of the trace at hand: its node, and if it was cut, the last above it that was not.
  std::vector<uint32_t> node_places_, kept_above_;
  UnixNanos oldest_ = 0, newest_ = 0;
  uint64_t traces_ = 0, spans_ = 0, cut_by_nodes_ = 0, cut_by_depth_ = 0;
};

}  // namespace clew::query
