// A trace that is handed on while it is read.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>

#include "base/ids.h"
#include "base/result.h"
#include "otlp/batch.h"
#include "store/store.h"

namespace clew::query {

/// The spans of one trace, each once, some thousands at a time, in the order in which they lie in
/// the store: what is held is a few bytes for each span, however large the trace. Only a trace in
/// which spans share an ID is held whole where they shall be separated (shared_spans.h), up to
/// limits::kTraceAnswerBytes. Of the rest at most limits::kSpansPerTrace spans come. One call at a
/// time.
class TraceStream {
 public:
  using Visitor = std::function<void(const otlp::Batch&, const otlp::SpanRef&)>;

  /// Looks at the outlines of all spans. Fails as Store::trace does without a deadline.
  static Result<std::unique_ptr<TraceStream>> open(store::Store& store, const Tenant& tenant,
                                                   const TraceId& id, bool separate);

  /// The ID it is reported under.
  const TraceId& id() const { return id_; }

  /// What outlines say of its size.
  struct Extent {
    uint64_t spans = 0;     // with repetitions
    UnixNanos start = 0;    // the earliest of a span that has one
    uint64_t duration = 0;  // ns, from there to the latest end of a span
  };
  const Extent& extent() const { return extent_; }

  /// The IDs that its spans were sent with: forms of the same.
  const std::set<TraceId>& sent_ids() const { return sent_ids_; }

  /// Made of all outlines: that of another state of the trace is another one.
  const std::string& fingerprint() const { return fingerprint_; }

  /// Visits the next spans; false if there are none left. A batch lives while its spans
  /// are visited.
  bool next(const Visitor& visit);

  /// False once something has been left out; where that will be too many spans, from the
  /// beginning.
  bool complete() const { return complete_; }

 private:
  TraceStream() = default;

  bool is_new(const otlp::Batch& batch, const otlp::SpanRef& ref);
  bool next_whole(const Visitor& visit);

  std::unique_ptr<store::TraceReading> reading_;
  TraceId id_;
  std::set<TraceId> sent_ids_;
  std::string fingerprint_;
  Extent extent_;
  bool complete_ = true;
  uint64_t spans_ = 0;                            // visited so far
  std::unordered_set<SpanId, IdHash> repeated_;   // IDs of several spans
  std::set<std::pair<uint64_t, uint64_t>> seen_;  // hashes of those spans that were visited
  std::optional<otlp::Batch> whole_;
};

}  // namespace clew::query
