// Some spans of a trace with all that they have, by the rows that they stand in.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/tenant.h"
#include "otlp/batch.h"
#include "query/span_words.h"
#include "query/trace_columns.h"
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

/// The rows of those spans of a trace that have all the words, ascending.
struct FoundRows {
  std::vector<uint32_t> rows;
  uint64_t total = 0;  // rows of the trace
  /// False when a limit, damage or the deadline kept spans from being looked at.
  bool complete = true;
};

/// Reads pages of traces. To find the order of a million spans takes long, and who reads one page
/// mostly reads another, so orders are kept, the latest ones, as long as the trace is what it was.
/// Any thread.
class TracePages {
 public:
  /// The store must outlive it.
  explicit TracePages(store::Store& store) : store_(store) {}

  /// Reads IDs of all spans, and the attributes only of spans that the page has and of some near
  /// them. Shared spans have IDs of their own, as separate_shared_spans() says;
  /// PageQuestion::span may name either. Fails with kNotFound if there is no such trace or span,
  /// with kIo if nothing of the trace can be read.
  Result<TracePage> read(const Tenant& tenant, const TraceId& id, const PageQuestion& question);

  /// Looks at all that all spans say: a second or two for a million. Fails as read() does.
  Result<FoundRows> find(const Tenant& tenant, const TraceId& id, SpanWords& words,
                         std::chrono::steady_clock::time_point deadline);

 private:
  using Rows = std::shared_ptr<const TraceRows>;
  struct Kept {
    Tenant tenant;
    TraceId id;
    store::TraceState state;
    Rows rows;
    bool complete;
  };

  Result<Rows> rows_of(const Tenant& tenant, const TraceId& id, bool& complete);
  std::optional<Kept> kept(const Tenant& tenant, const TraceId& id, const store::TraceState& state);
  void keep(Kept kept);

  store::Store& store_;
  std::mutex mutex_;      // of what follows
  std::list<Kept> kept_;  // the latest first
};

}  // namespace clew::query
