// What the store's queries see of it: a set of parts, each a head or a block, of one tenant.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "otlp/batch.h"
#include "store/filter.h"
#include "store/operation.h"

namespace clew::store {

/// One search in one part. Offers the part's traces, the newest first by the start of their
/// earliest span *in this part*; a trace may have older spans elsewhere. One thread.
class PartSearch {
 public:
  virtual ~PartSearch() = default;

  /// Start of the trace that take() would look at; nullopt at the end.
  virtual std::optional<UnixNanos> next_start() const = 0;

  /// Looks at the next trace: its ID if one of its spans here matches. Call it only while
  /// next_start() has a value. An error costs what was damaged; the search may go on.
  virtual Result<std::optional<TraceId>> take() = 0;
};

/// An immutable view of some spans of one tenant. Any thread.
class Part {
 public:
  using SpanVisitor = std::function<void(const otlp::Batch&, const otlp::SpanRef&)>;
  using OperationVisitor = std::function<void(const OperationKey&)>;

  virtual ~Part() = default;

  /// No trace in here starts after this.
  virtual UnixNanos newest_trace_start() const = 0;

  /// False if no span in here can match, cheaply.
  virtual bool may_match(const Filter& filter) const = 0;

  /// `filter` must outlive the search.
  virtual Result<std::unique_ptr<PartSearch>> search(const Filter& filter) const = 0;

  /// Start of the trace's earliest span in here, if it has spans here; 0 if none has a start.
  virtual Result<std::optional<UnixNanos>> start_of(const TraceId& id) const = 0;

  /// Visits the trace's spans in here.
  virtual Result<void> visit_spans(const TraceId& id, const SpanVisitor& visit) const = 0;

  virtual Result<void> visit_operations(const OperationVisitor& visit) const = 0;
};

/// True if the filter may be satisfied by spans of this operation.
inline bool matches_operation(const Filter& filter, const OperationKey& key) {
  return (filter.service.empty() || filter.service == key.service) &&
         (filter.operation.empty() || filter.operation == key.name) &&
         (!filter.kind || *filter.kind == key.kind);
}

}  // namespace clew::store
