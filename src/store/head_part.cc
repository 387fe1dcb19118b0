// Reading a head: the Part that queries see.
#include <algorithm>

#include "store/column_scan.h"
#include "store/head.h"
#include "store/head_calls.h"
#include "store/head_cells.h"
#include "store/head_outlines.h"
#include "store/head_search.h"
#include "store/vocabulary_visit.h"

namespace clew::store {
namespace {

/// Events are in no dictionary: those of so many spans, the latest, are looked through.
constexpr uint32_t kEventRows = 20'000;

/// Calls visit(events of a span) until it returns false.
template <typename Visit>
void visit_events(const HeadSnapshot& snapshot, Visit&& visit) {
  for (uint32_t number = snapshot.rows(), left = kEventRows; number-- > 0 && left-- > 0;) {
    Row row = snapshot.row(number);
    std::span<const uint32_t> columns = snapshot.shape(row.shape);
    for (size_t i = 0; i < columns.size(); ++i)
      if (snapshot.column(columns[i]).kind == ColumnKind::kEvents &&
          !visit(snapshot.value(columns[i], row.cells[i])))
        return;
  }
}

/// Hands the rows of a head over, some thousands at a time.
class HeadScan {
 public:
  HeadScan(ColumnScan& scan, const HeadSnapshot& snapshot)
      : scan_(scan),
        snapshot_(snapshot),
        classes_(scan, snapshot),
        cells_(snapshot, classes_.columns()) {}

  Result<void> run() {
    for (uint32_t number = 0; number < snapshot_.rows(); ++number) {
      const HeadRow& row = snapshot_.head_row(number);
      if (!scan_.wants(row.fields.start, row.fields.start)) continue;
      const uint32_t* cells = cells_.pick(row);
      uint32_t known = classes_.known_class(row.operation, row.resource, cells);
      if (known == RowClasses::kUnknown) {
        auto asked = classes_.class_of(row.operation, row.resource, cells);
        if (!asked) return std::unexpected(asked.error());
        known = *asked;
      }
      numbers_.push_back(known);
      starts_.push_back(row.fields.start);
      if (scan_.columns().duration) durations_.push_back(row.fields.duration());
      if (numbers_.size() == kAtOnce) hand_over();
    }
    hand_over();
    return {};
  }

 private:
  static constexpr size_t kAtOnce = 4096;

  void hand_over() {
    scan_.rows(numbers_, starts_, durations_);
    numbers_.clear();
    starts_.clear();
    durations_.clear();
  }

  ColumnScan& scan_;
  const HeadSnapshot& snapshot_;
  RowClasses classes_;
  CellPicker cells_;
  std::vector<uint32_t> numbers_;
  std::vector<UnixNanos> starts_;
  std::vector<uint64_t> durations_;
};

/// Takes the numbers of a trace's rows at the start.
class HeadCursor final : public TraceCursor {
 public:
  HeadCursor(const HeadTenant& tenant, const TraceId& id)
      : traces_(tenant.find(id)), snapshot_(tenant.snapshot()) {
    std::ranges::reverse(traces_);
    take_next_trace();
  }

  Result<bool> next(const Part::SpanVisitor& visit) override {
    if (numbers_.empty()) return false;
    size_t count = std::min(numbers_.size(), kAtOnce);
    std::vector<Row> rows;
    for (size_t i = 0; i < count; ++i, numbers_.pop_back())
      rows.push_back(snapshot_.row(numbers_.back()));
    TraceId trace = trace_;
    if (numbers_.empty()) take_next_trace();
    auto visited = visit_rows(snapshot_, trace, rows, {}, visit);
    if (!visited) return std::unexpected(visited.error());
    return true;
  }

 private:
  static constexpr size_t kAtOnce = 4096;

  void take_next_trace() {
    if (traces_.empty()) return;
    trace_ = traces_.back().id;
    uint32_t number = traces_.back().last_row;
    for (uint32_t i = 0; i < traces_.back().rows; ++i, number = snapshot_.previous(number))
      numbers_.push_back(number);
    traces_.pop_back();
  }

  std::vector<HeadTrace> traces_;  // that come after, the next last
  HeadSnapshot snapshot_;
  TraceId trace_;
  std::vector<uint32_t> numbers_;  // rows of `trace_`, the next last
};

}  // namespace

class HeadPart final : public Part {
 public:
  explicit HeadPart(std::shared_ptr<const HeadTenant> tenant) : tenant_(std::move(tenant)) {}

  UnixNanos newest_trace_start() const override { return tenant_->newest_trace_start(); }

  bool may_match(const Query&) const override { return true; }

  Result<std::unique_ptr<PartSearch>> search(const Query& query) const override {
    return search_head(*tenant_, query);
  }

  Result<std::optional<TraceExtent>> extent_of(const TraceId& id) const override {
    std::optional<TraceExtent> extent;
    for (const HeadTrace& trace : tenant_->find(id))
      extent = united(extent.value_or(TraceExtent()), {trace.min_start, trace.max_end, trace.id});
    return extent;
  }

  Result<std::unique_ptr<TraceCursor>> open_trace(const TraceId& id) const override {
    return std::make_unique<HeadCursor>(*tenant_, id);
  }

  Result<void> visit_spans(const TraceId& id, const SpanChoice& wanted,
                           const SpanVisitor& visit) const override {
    std::vector<HeadTrace> traces = tenant_->find(id);
    if (traces.empty()) return {};
    HeadSnapshot snapshot = tenant_->snapshot();
    for (const HeadTrace& trace : traces) {
      std::vector<Row> rows;
      uint32_t number = trace.last_row;
      for (uint32_t i = 0; i < trace.rows; ++i, number = snapshot.previous(number))
        if (!wanted.span || wanted.span(snapshot.head_row(number).fields.id))
          rows.push_back(snapshot.row(number));
      std::ranges::reverse(rows);
      if (auto visited = visit_rows(snapshot, trace.id, rows, wanted.attribute, visit); !visited)
        return visited;
    }
    return {};
  }

  Result<std::optional<PartState>> state_of(const TraceId& id) const override {
    PartState state{.part = tenant_->number(), .rows = 0};
    for (const HeadTrace& trace : tenant_->find(id)) state.rows += trace.rows;
    if (state.rows == 0) return std::nullopt;
    return state;
  }

  Result<void> visit_outlines(const TraceId& id, const OutlineVisitor& visit) const override {
    std::vector<HeadTrace> traces = tenant_->find(id);
    if (traces.empty()) return {};
    HeadSnapshot snapshot = tenant_->snapshot();
    HeadOutlines outlines(snapshot);
    for (const HeadTrace& trace : traces) {
      uint32_t number = trace.last_row;
      for (uint32_t i = 0; i < trace.rows; ++i, number = snapshot.previous(number))
        if (auto outline = outlines.of(trace.id, snapshot.head_row(number)))
          visit(*outline);
        else
          return fail(Code::kMalformed, "an operation is none");
    }
    return {};
  }

  Result<void> scan_columns(ColumnScan& scan) const override {
    HeadSnapshot snapshot = tenant_->snapshot();
    return HeadScan(scan, snapshot).run();
  }

  Result<void> count_calls(const StartRange& range, const TraceHalves& without, CallTable& table,
                           const std::function<bool()>& is_over) const override {
    auto calls = HeadCallList::make(*tenant_, tenant_->calls(), is_over);
    if (!calls) return std::unexpected(calls.error());
    tenant_->keep_calls(*calls);
    (*calls)->add_to(table, range, without);
    return {};
  }

  Result<void> visit_trace_halves(const std::function<void(uint64_t)>& visit) const override {
    // Not under the head's lock: whoever visits may take its time.
    std::vector<uint64_t> halves;
    tenant_->snapshot(
        [&](uint32_t, const HeadTrace& trace) { halves.push_back(right_half(trace.id)); });
    std::ranges::for_each(halves, visit);
    return {};
  }

  Result<void> visit_pieces(std::span<const TraceId> ids,
                            const PieceVisitor& visit) const override {
    std::vector<HeadTrace> traces;
    for (const TraceId& id : ids) {
      std::vector<HeadTrace> found = tenant_->find(id);
      traces.insert(traces.end(), found.begin(), found.end());
    }
    if (traces.empty()) return {};
    HeadSnapshot snapshot = tenant_->snapshot();  // after find(): it has all that was found
    HeadCalls calls(snapshot);
    for (const HeadTrace& trace : traces) visit(trace.id, calls.outlines(trace));
    return {};
  }

  Result<void> visit_operations(const OperationVisitor& visit) const override {
    Dictionary::Values operations = tenant_->operations();
    for (size_t i = 0; i < operations.size(); ++i) {
      OperationParts parts;
      if (parse_operation(operations[i], parts))
        visit({std::string(parts.service), std::string(parts.name), parts.span_kind()});
    }
    return {};
  }

  Result<void> visit_attributes(const AttributeVisitor& visit) const override {
    HeadSnapshot snapshot = tenant_->snapshot();
    visit_vocabulary_attributes(snapshot, visit);
    visit_events(snapshot,
                 [&](std::string_view events) { return visit_event_attributes(events, visit); });
    return {};
  }

  Result<void> visit_values(std::optional<AttributeScope> scope, std::string_view key,
                            const ValueVisitor& visit) const override {
    HeadSnapshot snapshot = tenant_->snapshot();
    visit_vocabulary_values(snapshot, scope, key, visit);
    if (scope.value_or(AttributeScope::kEvent) == AttributeScope::kEvent)
      visit_events(snapshot,
                   [&](std::string_view events) { return visit_event_values(events, key, visit); });
    return {};
  }

 private:
  std::shared_ptr<const HeadTenant> tenant_;
};

std::shared_ptr<const Part> Head::part(const Tenant& tenant) const {
  std::shared_lock lock(mutex_);
  auto at = tenants_.find(tenant);
  if (at == tenants_.end()) return nullptr;
  return std::make_shared<HeadPart>(at->second);
}

}  // namespace clew::store
