// A whole trace as columns: what is needed to draw it, a few numbers for each span.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "otlp/span.h"
#include "store/span_outline.h"

namespace clew::query {

/// The spans of one trace in preorder: each before its children, which stand in order of their
/// start. What has no parent in the trace, or only itself in the end, is a root. Times count in
/// ticks of `tick_ns` from `start`: microseconds, or more in a trace that takes over half an hour.
/// Starts and durations are each the nearest tick, so a span may seem to outlast its parent by one.
struct TraceColumns {
  struct Operation {
    uint32_t name;     // in `names`
    uint32_t service;  // in `services`
    otlp::SpanKind kind;
  };
  enum Flag : uint8_t {
    kError = 1,
    kParentMissing = 2,  // it has a parent ID, and that span is not here
    kStartMissing = 4,   // drawn at the start of the trace
  };

  UnixNanos start = 0;
  uint64_t duration = 0;  // nanoseconds until the latest end
  uint64_t tick_ns = 1000;
  std::vector<std::string> names, services;
  std::vector<Operation> operations;
  // One entry for each span.
  std::vector<int32_t> start_steps;  // after the start of the span before it
  std::vector<uint32_t> durations;
  std::vector<uint32_t> depths;  // 0: a root
  std::vector<uint32_t> operation_of;
  std::vector<uint8_t> flags;
};

/// What tells a span from the others of its trace: two may share an ID.
struct SpanKey {
  SpanId id;
  uint64_t rest;  // hash of all else that its outline says

  bool operator==(const SpanKey&) const = default;
};

/// The key of a span of a trace that starts at `trace_start`.
SpanKey key_of(const store::SpanOutline& span, UnixNanos trace_start);

/// Which spans stand in the rows of TraceColumns.
struct TraceRows {
  /// A row whose ID another row has too.
  struct Half {
    uint32_t row;
    SpanId separate_id;  // query::separate_id() of it
  };

  UnixNanos start = 0;
  uint64_t duration = 0;  // nanoseconds until the latest end
  std::vector<SpanKey> keys;
  std::vector<Half> halves;
};

/// Makes columns of outlines in any order; faster if spans that are near each other in the trace
/// come near each other. Takes 40 bytes for each span while it collects.
class ColumnMaker {
 public:
  /// Takes the span; false if it is one more than limits::kSpansPerTrace and was left out.
  bool add(const store::SpanOutline& span);

  size_t spans() const { return spans_.size(); }

  /// Columns of what was added, each span once; at least one must have been. Ends the maker's work,
  /// as does finish_rows().
  TraceColumns finish();

  /// The rows of the columns that finish() would make.
  TraceRows finish_rows();

 private:
  struct Span {
    SpanId id;
    SpanId parent;
    UnixNanos start;
    uint64_t duration;
    uint32_t operation;
    uint8_t flags;
    bool shares_id = false;  // with another span of the trace; known once repeats are dropped

    /// By ID first. Numbers compare many times faster than arrays of bytes.
    std::strong_ordering operator<=>(const Span& other) const;
    bool operator==(const Span&) const = default;
  };
  /// A name and a service as they came last, and their operation.
  struct KnownOperation {
    const char* name = nullptr;  // where the text was then; now there may be another
    const char* service = nullptr;
    uint32_t operation = 0;
  };
  using Places = std::unordered_map<std::string_view, uint32_t>;
  class Ids;

  uint32_t operation_of(const store::SpanOutline& span);
  uint32_t find_operation(const store::SpanOutline& span);
  static uint32_t place_of(std::string_view text, Places& places, std::deque<std::string>& texts);
  Ids drop_repeats();
  std::vector<uint32_t> find_parents(const Ids& ids);
  uint32_t parent_by_id(uint32_t span, const Ids& ids) const;
  std::vector<uint32_t> preorder(const std::vector<uint32_t>& parents,
                                 std::vector<uint32_t>& depths) const;
  void set_times(TraceColumns& columns);
  std::vector<uint32_t> order(TraceColumns& columns);

  std::vector<Span> spans_;
  std::deque<std::string> names_, services_;  // whose texts do not move
  Places name_places_, service_places_;
  std::unordered_map<uint64_t, uint32_t> operation_places_;
  std::vector<TraceColumns::Operation> operations_;
  std::array<KnownOperation, 256> known_;
};

}  // namespace clew::query
