#include "store/head_calls.h"

#include <algorithm>
#include <utility>

namespace clew::store {
namespace {

/// Traces that are looked at between two looks at the clock.
constexpr size_t kTracesPerLook = 1024;

}  // namespace

HeadCalls::HeadCalls(const HeadSnapshot& snapshot)
    : snapshot_(snapshot), outlines_(snapshot), services_(snapshot.operations(), kNoCell) {}

bool HeadCalls::find(uint32_t last_row, uint32_t rows, CallEdges& edges, std::vector<Call>& calls) {
  if (rows < 2) return true;
  spans_.clear();
  for (uint32_t number = last_row; rows > 0; --rows) {
    const HeadRow& row = snapshot_.head_row(number);
    const HeadOutlines::Operation* operation = outlines_.operation(row.operation);
    if (operation == nullptr) return false;
    uint32_t& service = services_[row.operation];
    if (service == kNoCell) service = edges.service(operation->parts.service);
    spans_.push_back({.id = CallSpan::number_of(row.fields.id),
                      .parent = CallSpan::number_of(row.fields.parent),
                      .start = row.fields.start,
                      .duration = row.fields.duration(),
                      .operation = row.operation,
                      .service = service,
                      .kind = operation->kind,
                      .is_error = outlines_.is_error(row)});
    number = row.previous;
  }
  std::ranges::reverse(spans_);
  finder_.find(spans_, edges,
               [&](const CallSpan& span, uint32_t edge) { calls.push_back(call_of(span, edge)); });
  return true;
}

std::vector<SpanOutline> HeadCalls::outlines(const HeadTrace& trace) {
  std::vector<SpanOutline> spans;
  uint32_t number = trace.last_row;
  for (uint32_t i = 0; i < trace.rows; ++i, number = snapshot_.previous(number))
    if (auto outline = outlines_.of(trace.id, snapshot_.head_row(number)))
      spans.push_back(*outline);
  std::ranges::reverse(spans);
  return spans;
}

Result<std::shared_ptr<const HeadCallList>> HeadCallList::make(
    const HeadTenant& tenant, std::shared_ptr<const HeadCallList> before,
    const std::function<bool()>& is_over) {
  auto made = std::make_shared<HeadCallList>();
  std::vector<uint32_t> last_rows;
  HeadSnapshot snapshot = tenant.snapshot([&](uint32_t, const HeadTrace& trace) {
    made->traces_.push_back({right_half(trace.id), trace.rows});
    last_rows.push_back(trace.last_row);
  });
  size_t known = before ? before->traces_.size() : 0;
  auto same_rows = [](const Trace& a, const Trace& b) { return a.rows == b.rows; };
  if (before && std::ranges::equal(before->traces_, made->traces_, same_rows)) return before;
  if (before) made->list_.edges = before->list_.edges;
  std::vector<Call>& calls = made->list_.calls;
  if (before) calls.reserve(before->list_.calls.size());
  HeadCalls finder(snapshot);
  for (size_t i = 0; i < made->traces_.size(); ++i) {
    if (i % kTracesPerLook == 0 && is_over && is_over())
      return fail(Code::kTimeout, "calls of the head are not counted all");
    Trace& trace = made->traces_[i];
    if (i < known && before->traces_[i].rows == trace.rows) {
      auto first = before->list_.calls.begin();
      calls.insert(calls.end(), first + (i == 0 ? 0 : before->traces_[i - 1].end),
                   first + before->traces_[i].end);
    } else if (!finder.find(last_rows[i], trace.rows, made->list_.edges, calls)) {
      return fail(Code::kMalformed, "an operation of the head is none");
    }
    trace.end = static_cast<uint32_t>(calls.size());
  }
  return made;
}

void HeadCallList::add_to(CallTable& table, const StartRange& range,
                          const TraceHalves& without) const {
  std::vector<uint32_t> numbers = table.edges_of(list_.edges);
  uint32_t next = 0;
  for (const Trace& trace : traces_) {
    uint32_t begin = std::exchange(next, trace.end);
    if (begin == trace.end || without.contains(trace.half)) continue;
    for (uint32_t i = begin; i < trace.end; ++i) {
      Call call = list_.calls[i];
      if (!range.has(call.start)) continue;
      call.edge = numbers[call.edge];
      table.add(call);
    }
  }
}

}  // namespace clew::store
