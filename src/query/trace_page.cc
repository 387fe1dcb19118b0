#include "query/trace_page.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/limits.h"
#include "query/shared_spans.h"
#include "store/trace_collector.h"

namespace clew::query {
namespace {

/// Orders of smaller traces are found again.
constexpr size_t kWorthKeeping = 10'000;
/// Of all orders that are kept; each takes 16 bytes.
constexpr size_t kMostRows = 2 * limits::kSpansPerTrace;
/// So many spans of one ID are read beside those of the page; two is what is meant to be.
constexpr uint32_t kSpansOfOneId = 8;

struct KeyHash {
  size_t operator()(const SpanKey& key) const { return key.rest; }
};

/// The row of a span, by the ID it was sent with or the one it is answered with.
std::optional<uint64_t> row_of(const TraceRows& trace, const SpanId& id) {
  auto at = std::ranges::find(trace.keys, id, &SpanKey::id);
  if (at != trace.keys.end()) return at - trace.keys.begin();
  auto half = std::ranges::find(trace.halves, id, &TraceRows::Half::separate_id);
  if (half != trace.halves.end()) return half->row;
  return std::nullopt;
}

/// Reads the spans of one page.
class PageReader {
 public:
  PageReader(store::Store& store, const Tenant& tenant, const TraceId& id, const TraceRows& trace)
      : store_(store), tenant_(tenant), id_(id), trace_(trace) {}

  /// Fills in spans, rows and whether they are complete.
  void read(TracePage& page, uint64_t count) {
    uint64_t end = page.from + std::min(count, page.total - page.from);
    for (uint64_t row = page.from; row < end; ++row)
      rows_.emplace(trace_.keys[row].id, static_cast<uint32_t>(row));
    for (const TraceRows::Half& half : trace_.halves) shared_[trace_.keys[half.row].id] = 0;
    page.complete &= collect([&](const SpanId& id) { return rows_.contains(id); });
    // Whether a span's parent is the client's or the server's half is known once both are there.
    if (!parents_.empty())
      page.complete &= collect([&](const SpanId& id) { return parents_.contains(id); });
    page.complete &= !collector_.is_cut();
    auto spans = otlp::Batch::index(SharedBytes::take(collector_.finish()));
    if (spans) place(*spans, page);
    page.complete &= page.rows.size() == end - page.from;
  }

 private:
  bool collect(std::function<bool(const SpanId&)> wanted) {
    return store_.visit_some_spans(tenant_, id_, {.span = std::move(wanted)},
                                   [&](const otlp::Batch& batch, const otlp::SpanRef& ref) {
                                     store::SpanOutline span = store::outline_of(batch, ref);
                                     auto shared = shared_.find(span.id);
                                     bool is_near = shared != shared_.end() &&
                                                    shared->second++ < kSpansOfOneId;
                                     if (!is_near && row_of(span) == rows_.end()) return;
                                     collector_.add(batch, ref);
                                     if (shared_.contains(span.parent))
                                       parents_.insert(span.parent);
                                   });
  }

  using Rows = std::unordered_multimap<SpanId, uint32_t, IdHash>;

  Rows::iterator row_of(const store::SpanOutline& span) {
    SpanKey key = key_of(span, trace_.start);
    auto [begin, end] = rows_.equal_range(key.id);
    auto row =
        std::find_if(begin, end, [&](const auto& at) { return trace_.keys[at.second] == key; });
    return row == end ? rows_.end() : row;
  }

  /// Says which of the spans stands in which row.
  void place(const otlp::Batch& spans, TracePage& page) {
    for (uint32_t i = 0; i < spans.spans().size(); ++i) {
      auto row = row_of(store::outline_of(spans, spans.spans()[i]));
      if (row == rows_.end()) continue;
      page.rows.push_back({row->second, i});
      rows_.erase(row);
    }
    std::ranges::sort(page.rows, {}, &TracePage::Row::number);
    page.spans = separate_shared_spans(spans);
  }

  store::Store& store_;
  const Tenant& tenant_;
  const TraceId& id_;
  const TraceRows& trace_;
  Rows rows_;                                            // of the page, not placed yet
  std::unordered_map<SpanId, uint32_t, IdHash> shared_;  // IDs of several rows: how often read
  std::unordered_set<SpanId, IdHash> parents_;           // those of them that spans here name
  store::TraceCollector collector_;
};

}  // namespace

std::optional<TracePages::Kept> TracePages::kept(const Tenant& tenant, const TraceId& id,
                                                 const store::TraceState& state) {
  std::lock_guard lock(mutex_);
  auto at = std::ranges::find_if(kept_, [&](const Kept& kept) {
    return kept.tenant == tenant && kept.id == id && kept.state == state;
  });
  if (at == kept_.end()) return std::nullopt;
  kept_.splice(kept_.begin(), kept_, at);
  return *at;
}

void TracePages::keep(Kept made) {
  if (made.rows->keys.size() < kWorthKeeping) return;
  std::lock_guard lock(mutex_);
  std::erase_if(kept_,
                [&](const Kept& kept) { return kept.tenant == made.tenant && kept.id == made.id; });
  kept_.push_front(std::move(made));
  size_t total = 0;
  std::erase_if(kept_, [&](const Kept& kept) {
    total += kept.rows->keys.size();
    return total > kMostRows;
  });
}

Result<TracePages::Rows> TracePages::rows_of(const Tenant& tenant, const TraceId& id,
                                             bool& complete) {
  auto reading = store_.read_trace(tenant, id);
  std::optional<store::TraceState> state = reading->state();
  if (state) {
    if (auto known = kept(tenant, id, *state)) {
      complete = known->complete;
      return known->rows;
    }
  }
  ColumnMaker maker;
  bool all_added = true;
  bool all_read = reading->visit_outlines(
      [&](const store::SpanOutline& span) { all_added &= maker.add(span); });
  if (maker.spans() == 0 && !all_read)
    return fail(Code::kIo, "the trace could not be read: a block is damaged");
  if (maker.spans() == 0) return fail(Code::kNotFound, "there is no trace {}", id.hex());
  complete = all_added && all_read;
  auto rows = std::make_shared<const TraceRows>(maker.finish_rows());
  if (state && all_read) keep({tenant, id, *std::move(state), rows, complete});
  return rows;
}

Result<TracePage> TracePages::read(const Tenant& tenant, const TraceId& id,
                                   const PageQuestion& question) {
  TracePage page;
  auto rows = rows_of(tenant, id, page.complete);
  if (!rows) return std::unexpected(rows.error());
  const TraceRows& trace = **rows;
  page.total = trace.keys.size();
  page.start = trace.start;
  page.duration = trace.duration;
  page.from = question.from;
  if (question.span) {
    auto row = row_of(trace, *question.span);
    if (!row)
      return fail(Code::kNotFound, "trace {} has no span {}", id.hex(), question.span->hex());
    page.from = *row;
  }
  if (page.from < page.total) PageReader(store_, tenant, id, trace).read(page, question.count);
  return page;
}

Result<FoundRows> TracePages::find(const Tenant& tenant, const TraceId& id, SpanWords& words,
                                   std::chrono::steady_clock::time_point deadline) {
  FoundRows found;
  auto rows = rows_of(tenant, id, found.complete);
  if (!rows) return std::unexpected(rows.error());
  const TraceRows& trace = **rows;
  std::unordered_set<SpanKey, KeyHash> keys;
  auto reading = store_.read_trace(tenant, id);
  auto note = [&](const otlp::Batch& batch, const otlp::SpanRef& ref) {
    if (words.match(batch, ref)) keys.insert(key_of(store::outline_of(batch, ref), trace.start));
  };
  while (reading->next(note)) {
    if (std::chrono::steady_clock::now() < deadline) continue;
    found.complete = false;
    break;
  }
  found.complete &= reading->complete();
  for (uint32_t row = 0; row < trace.keys.size(); ++row)
    if (keys.contains(trace.keys[row])) found.rows.push_back(row);
  found.total = trace.keys.size();
  return found;
}

}  // namespace clew::query
