#include "store/head_writer.h"

#include <algorithm>
#include <tuple>

namespace clew::store {
namespace {

/// The rows of one trace, in order of arrival.
void gather(const HeadSnapshot& snapshot, const HeadTrace& trace, std::vector<SourceRow>& rows) {
  rows.clear();
  uint32_t number = trace.last_row;
  for (uint32_t i = 0; i < trace.rows; ++i, number = snapshot.previous(number)) {
    rows.push_back({nullptr, &snapshot, snapshot.row(number)});
    // They are looked at after the trace before; by then they are here.
    __builtin_prefetch(rows.back().row.cells);
    __builtin_prefetch(rows.back().row.cells + 16);
  }
  std::ranges::reverse(rows);
}

/// Calls add(trace, its rows) for each.
template <typename Add>
Result<void> visit_traces(const HeadSnapshot& snapshot, std::vector<HeadTrace> traces, Add&& add) {
  std::ranges::sort(traces, {},
                    [](const HeadTrace& trace) { return std::tuple(trace.min_start, trace.id); });
  std::vector<SourceRow> rows, next;
  for (size_t i = 0; i < traces.size(); ++i) {
    if (i == 0) gather(snapshot, traces[i], next);
    std::swap(rows, next);
    if (i + 1 < traces.size()) gather(snapshot, traces[i + 1], next);
    if (auto added = add(traces[i], rows); !added) return added;
  }
  return {};
}

}  // namespace

Result<void> write_head(const HeadTenant& head, BlockSeries& series) {
  std::vector<HeadTrace> traces;
  // The strings it knows are the head's, which outlives the series' blocks.
  HeadSnapshot snapshot =
      head.snapshot([&](uint32_t, const HeadTrace& trace) { traces.push_back(trace); });
  return visit_traces(snapshot, std::move(traces),
                      [&](const HeadTrace& trace, std::vector<SourceRow>& rows) {
                        if (auto begun = series.begin_trace(trace.min_start); !begun) return begun;
                        for (SourceRow& row : rows) row.map = series.map(snapshot);
                        return series.add_trace(trace.id, rows);
                      });
}

Result<void> write_head(const HeadTenant& head, SegmentWriter& writer) {
  std::vector<HeadTrace> traces;
  HeadSnapshot snapshot =
      head.snapshot([&](uint32_t, const HeadTrace& trace) { traces.push_back(trace); });
  SourceMap map(snapshot, writer.tables());
  return visit_traces(snapshot, std::move(traces),
                      [&](const HeadTrace& trace, std::vector<SourceRow>& rows) {
                        for (SourceRow& row : rows) row.map = &map;
                        return writer.add_trace(trace.id, rows);
                      });
}

}  // namespace clew::store
