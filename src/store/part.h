// What the store's queries see of it: a set of parts, each a head or a block, of one tenant.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "otlp/batch.h"
#include "store/calls.h"
#include "store/filter.h"
#include "store/operation.h"
#include "store/span_outline.h"
#include "store/start_time.h"
#include "store/trace_id.h"
#include "store/trace_state.h"

namespace clew::store {

/// One search in one part. Offers the part's traces that match, the newest first by the start of
/// their earliest span *in this part*; a trace may have older spans elsewhere. One thread.
class PartSearch {
 public:
  virtual ~PartSearch() = default;

  /// No trace that take() still offers starts after this; nullopt at the end.
  virtual std::optional<UnixNanos> next_start() const = 0;

  /// Does one piece of work: the ID of the next trace, if it led to one. Call it only while
  /// next_start() has a value. An error costs what was damaged; the search may go on.
  virtual Result<std::optional<TraceId>> take() = 0;
};

/// From the earliest start of a trace's spans to their latest end; 0, 0 if no span has a start.
struct TraceExtent {
  UnixNanos start = 0;
  UnixNanos end = 0;  // the latest of start + duration, of the spans that have a start
  TraceId id;         // 128 bits if one of the spans has such; the smallest of several
};

class ColumnScan;

/// The spans of a trace in one part, some thousands at a time. One call at a time.
class TraceCursor {
 public:
  virtual ~TraceCursor() = default;

  /// Visits the next spans; false if there are none left. An error costs what was damaged; the rest
  /// may still be visited.
  virtual Result<bool> next(
      const std::function<void(const otlp::Batch&, const otlp::SpanRef&)>& visit) = 0;
};

/// An immutable view of some spans of one tenant. Any thread.
class Part {
 public:
  using SpanVisitor = std::function<void(const otlp::Batch&, const otlp::SpanRef&)>;
  using OperationVisitor = std::function<void(const OperationKey&)>;
  /// Return false to end the visit.
  using AttributeVisitor = std::function<bool(AttributeScope, std::string_view key)>;
  using ValueVisitor = std::function<bool(otlp::ValueType, std::string_view text)>;

  virtual ~Part() = default;

  /// No trace in here starts after this.
  virtual UnixNanos newest_trace_start() const = 0;

  /// False if no span in here can match, cheaply.
  virtual bool may_match(const Query& query) const = 0;

  /// `query` must outlive the search.
  virtual Result<std::unique_ptr<PartSearch>> search(const Query& query) const = 0;

  /// What the trace's spans in here cover, if there are any. Finds what is_same_trace() says.
  virtual Result<std::optional<TraceExtent>> extent_of(const TraceId& id) const = 0;

  /// Visits the trace's spans in here that are wanted, without the attributes that are not. What is
  /// not wanted costs little: a block decodes no attributes of row groups without a wanted span.
  virtual Result<void> visit_spans(const TraceId& id, const SpanChoice& wanted,
                                   const SpanVisitor& visit) const = 0;

  /// To visit the same spans little by little; the part must outlive it. Here: all at once.
  virtual Result<std::unique_ptr<TraceCursor>> open_trace(const TraceId& id) const;

  /// As visit_spans() without attributes, for those who need none: cheaper.
  virtual Result<void> visit_outlines(const TraceId& id, const OutlineVisitor& visit) const;

  /// What visit_outlines() would visit now, to be compared; nullopt: certainly nothing. A part that
  /// cannot tell fails.
  virtual Result<std::optional<PartState>> state_of(const TraceId& id) const;

  /// Shows all spans in here that start when the scan wants, and perhaps others.
  virtual Result<void> scan_columns(ColumnScan& scan) const = 0;

  // Who calls whom (call_counter.h puts it together). A part that has no say in it fails.

  /// A number of its own if its spans never change.
  virtual std::optional<uint64_t> fixed_number() const { return std::nullopt; }
  /// When its spans start, at the widest.
  virtual StartRange starts() const { return {0, UINT64_MAX}; }
  /// How many pieces of traces it has.
  virtual size_t trace_count() const { return 0; }
  /// Adds the calls whose called spans start in the range, as each piece of a trace in here tells
  /// them by itself. A part that grows leaves out the traces of `without`. `is_over`, if given, is
  /// asked now and then and ends it with kTimeout.
  virtual Result<void> count_calls(const StartRange& range, const TraceHalves& without,
                                   CallTable& table, const std::function<bool()>& is_over) const;
  /// Visits the right half of the trace ID of each piece of a trace.
  virtual Result<void> visit_trace_halves(const std::function<void(uint64_t)>& visit) const;
  /// As visit_outlines() of each of the traces, but piece by piece. A bad one costs itself.
  virtual Result<void> visit_pieces(std::span<const TraceId> ids, const PieceVisitor& visit) const;

  virtual Result<void> visit_operations(const OperationVisitor& visit) const = 0;

  /// Keys of attributes; one may come several times. Of events only those of the newest spans.
  virtual Result<void> visit_attributes(const AttributeVisitor& visit) const = 0;

  /// Values of an attribute (scope unset: of any), as text. One may come several times. Of values
  /// that hardly repeat (random IDs) some may be left out: this is for completion.
  virtual Result<void> visit_values(std::optional<AttributeScope> scope, std::string_view key,
                                    const ValueVisitor& visit) const = 0;
};

/// True if the filter may be satisfied by spans of this operation.
inline bool matches_operation(const Filter& filter, const OperationKey& key) {
  return (filter.service.empty() || filter.service == key.service) &&
         (filter.operation.empty() || filter.operation == key.name) &&
         (!filter.kind || *filter.kind == key.kind);
}

/// What both cover together.
inline TraceExtent united(const TraceExtent& a, const TraceExtent& b) {
  return {earlier(a.start, b.start), std::max(a.end, b.end), fuller(a.id, b.id)};
}

}  // namespace clew::store
