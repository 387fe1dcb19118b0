// Some spans of a trace with all that they have, by the rows that they stand in.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/tenant.h"
#include "otlp/batch.h"
#include "store/store.h"

namespace clew::query {

struct TracePage {
  struct Row {
    uint32_t number;  // as in TraceColumns
    uint32_t span;    // place in TracePage::spans
  };

  otlp::Batch spans;      // those of the rows, and perhaps others of the trace
  std::vector<Row> rows;  // in order; one that could not be read is missing
  uint64_t from = 0;      // number of the first row that was asked for
  uint64_t total = 0;     // rows of the trace
  UnixNanos start = 0;    // of the trace
  uint64_t duration = 0;  // of the trace, nanoseconds until the latest end
  /// False when a limit or damage kept spans out of the trace or of the page.
  bool complete = true;
};

/// Which rows.
struct PageQuestion {
  uint64_t from = 0;
  uint64_t count = 0;
  std::optional<SpanId> span = {};  // begin at this span's row instead of `from`
};

/// Reads a page of a trace: outlines of all its spans for the order, and the attributes only of
/// spans that the page has, and of some near them. Shared spans have IDs of their own, as
/// separate_shared_spans() says; `span` may name either. Fails with kNotFound if there is no such
/// trace or span, with kIo if nothing of the trace can be read.
Result<TracePage> read_trace_page(store::Store& store, const Tenant& tenant, const TraceId& id,
                                  const PageQuestion& question);

}  // namespace clew::query
