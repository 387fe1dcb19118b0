// Calls between services: spans whose parent belongs to another service, found and added up.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "otlp/span.h"
#include "store/span_outline.h"

namespace clew::store {

/// Durations are counted in buckets, eight to a doubling, so that the middle of a bucket is at most
/// 1/16 off whatever is in it. What is shorter than a microsecond is in the first, what is longer
/// than 8 hours in the last.
namespace duration_buckets {
inline constexpr uint32_t kCount = 280;
uint32_t of(uint64_t nanos);
/// The middle of a bucket, in nanoseconds.
uint64_t middle(uint32_t bucket);
}  // namespace duration_buckets

/// Numbers for services and for pairs of them. One thread; any may read.
class CallEdges {
 public:
  struct Pair {
    uint32_t parent, child;  // numbers of services
  };

  uint32_t service(std::string_view name);
  uint32_t edge(uint32_t parent, uint32_t child);

  const std::vector<std::string>& services() const { return services_; }
  const std::vector<Pair>& pairs() const { return pairs_; }
  size_t memory_bytes() const;

 private:
  std::vector<std::string> services_;
  std::vector<Pair> pairs_;
  absl::flat_hash_map<std::string, uint32_t> service_numbers_;
  absl::flat_hash_map<uint64_t, uint32_t> edge_numbers_;
};

/// One call, as counting needs it.
struct Call {
  UnixNanos start = 0;  // of the called span
  uint32_t edge = 0;    // a number of some CallEdges
  uint16_t bucket = 0;  // of the called span's duration
  bool is_error = false;
};

/// When spans start that are asked for, inclusive.
struct StartRange {
  UnixNanos first = 0, last = 0;

  bool has(UnixNanos start) const { return start >= first && start <= last; }
  /// True if something that lies between the two may be in the range.
  bool meets(UnixNanos least, UnixNanos most) const { return least <= last && most >= first; }
};

/// Calls one by one.
struct CallList {
  CallEdges edges;
  std::vector<Call> calls;

  size_t memory_bytes() const { return edges.memory_bytes() + calls.size() * sizeof(Call); }
};

/// Calls added up, packed: only buckets that have some.
struct CallSums {
  struct Cell {
    uint32_t bucket;
    uint32_t calls;
  };
  struct Edge {
    uint64_t calls = 0, errors = 0;
    std::vector<Cell> cells;
  };
  CallEdges edges;
  std::vector<Edge> sums;  // by edge; those past the end have none
  bool is_cut = false;     // as CallTable::is_cut

  size_t memory_bytes() const;
};

/// Adds calls up, for limits::kCallEdges pairs of services at most. One thread.
class CallTable {
 public:
  struct Edge {
    int64_t calls = 0, errors = 0;
    std::vector<int64_t> buckets;  // of durations; those past the end are 0

    /// The duration that the part `quantile` of the calls, 0 to 1, does not exceed, at most 1/16
    /// off, in nanoseconds; 0 if there are none.
    uint64_t quantile(double quantile) const;
  };

  CallEdges& names() { return edges_; }
  const CallEdges& names() const { return edges_; }
  const std::vector<Edge>& edges() const { return sums_; }  // those past the end have no calls

  /// `call.edge` is a number of names(). `times` is -1 to take one back.
  void add(const Call& call, int64_t times = 1);
  /// Those of the list that start in the range.
  void add(const CallList& list, const StartRange& range);
  void add(const CallSums& sums);
  void add(const CallTable& other);
  CallSums packed() const;
  /// True if there were more pairs of services.
  bool is_cut() const { return is_cut_; }
  /// By number in `other`: the number in names(), to which what is missing is added.
  std::vector<uint32_t> edges_of(const CallEdges& other);

 private:
  /// Null past the limit.
  Edge* at(uint32_t edge);

  CallEdges edges_;
  std::vector<Edge> sums_;
  bool is_cut_ = false;
};

/// What of a span tells who called whom.
struct CallSpan {
  uint64_t id = 0, parent = 0;  // the IDs' bytes; 0: none
  UnixNanos start = 0;
  uint64_t duration = 0;
  uint32_t operation = 0;  // a number for service, name and kind
  uint32_t service = 0;    // a number of some CallEdges
  otlp::SpanKind kind = otlp::SpanKind::kUnspecified;
  bool is_error = false;

  bool operator==(const CallSpan&) const = default;

  static uint64_t number_of(const SpanId& id) { return std::bit_cast<uint64_t>(id.bytes); }
};

/// Finds the calls of one trace, or of a piece of it. Spans that are equal count once. A server
/// span that shares its ID with a client span (Zipkin) has that one as parent, and is the parent of
/// what names the ID: as query::parents_of says. One thread; reuse it, it keeps its memory.
class CallFinder {
 public:
  /// Calls visit(called span, number of its edge) for each call.
  template <typename Visit>
  void find(std::span<const CallSpan> spans, CallEdges& edges, Visit&& visit) {
    order(spans);
    for (const Held& held : held_) {
      const CallSpan& span = spans[held.row];
      const CallSpan* parent = parent_of(span, spans);
      if (parent && parent->service != span.service)
        visit(span, edges.edge(parent->service, span.service));
    }
  }

 private:
  struct Held {
    uint64_t id;
    uint32_t row;
  };

  void order(std::span<const CallSpan> spans);
  const CallSpan* parent_of(const CallSpan& span, std::span<const CallSpan> spans) const;
  /// The first span that has the ID: one of clients' kind, or one of another.
  const CallSpan* holder(uint64_t id, bool client, std::span<const CallSpan> spans) const;

  std::vector<Held> held_;  // by ID, then by row; without what is there twice
};

inline Call call_of(const CallSpan& span, uint32_t edge) {
  return {span.start, edge, static_cast<uint16_t>(duration_buckets::of(span.duration)),
          span.is_error};
}

/// Traces by the right half of their IDs, which both forms of an ID have (is_same_trace).
using TraceHalves = absl::flat_hash_set<uint64_t>;

/// Visits the spans of one piece of a trace, as one part holds it; the views are valid meanwhile.
using PieceVisitor = std::function<void(const TraceId&, std::span<const SpanOutline>)>;

}  // namespace clew::store
