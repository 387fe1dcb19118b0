// Reading a head: the Part that queries see.
#include <algorithm>

#include "store/column_scan.h"
#include "store/head.h"
#include "store/head_calls.h"
#include "store/head_cells.h"
#include "store/head_outlines.h"
#include "store/query_plan.h"
#include "store/vocabulary_visit.h"

namespace clew::store {
/// Takes a copy of the list of traces at the start. The newest are looked at one by one, which is
/// enough for most searches; when that leads to nothing all rows are looked at in the order in
/// which they stand in memory.
class HeadSearch final : public PartSearch {
 public:
  HeadSearch(const HeadTenant& tenant, const Query& query)
      : filter_(query.filter()),
        snapshot_(tenant.snapshot([this](uint32_t number, const HeadTrace& trace) {
          if (trace.min_start <= filter_.start_max && trace.max_start >= filter_.start_min)
            traces_.push_back({trace.min_start, number, trace.last_row, trace.rows, trace.id});
        })),
        plan_(query, snapshot_),
        cells_(snapshot_, plan_.columns()) {
    if (plan_.is_impossible()) traces_.clear();
    plan_shapes();
    // A heap and not a sort: most searches look at a few of the newest only.
    std::ranges::make_heap(traces_, {}, &Candidate::start);
  }

  std::optional<UnixNanos> next_start() const override {
    if (traces_.empty()) return std::nullopt;
    return traces_.front().start;
  }

  Result<std::optional<TraceId>> take() override {
    if (!scanned_ && looked_at_ == kNewest) {
      scan();
      return std::nullopt;
    }
    std::ranges::pop_heap(traces_, {}, &Candidate::start);
    Candidate trace = traces_.back();
    traces_.pop_back();
    ++looked_at_;
    if (!scanned_ && !matches(trace)) return std::nullopt;
    return trace.id;
  }

 private:
  /// Traces that are looked at before all rows are.
  static constexpr size_t kNewest = 256;

  struct Candidate {
    UnixNanos start;
    uint32_t number, last_row, rows;
    TraceId id;
  };

  bool matches(const Candidate& trace) {
    uint32_t number = trace.last_row;
    for (uint32_t i = 0; i < trace.rows; ++i) {
      const HeadRow& row = snapshot_.head_row(number);
      if (matches(row)) return true;
      number = row.previous;
    }
    return false;
  }

  /// Finds the shapes whose rows can match: they have a column for whatever only columns satisfy.
  /// Of the others no cell is read, which is what a scan takes its time for.
  void plan_shapes() {
    using Alternative = QueryPlan::Alternative;
    may_match_.assign(snapshot_.shapes(), 1);
    for (const std::vector<Alternative>& alternatives : plan_.requirements()) {
      auto is_column = [](const Alternative& one) {
        return one.kind == Alternative::Kind::kColumn;
      };
      if (!std::ranges::all_of(alternatives, is_column)) continue;
      for (uint32_t shape = 0; shape < may_match_.size(); ++shape) {
        std::span<const uint32_t> columns = snapshot_.shape(shape);
        bool has_one = std::ranges::any_of(alternatives, [&](const Alternative& one) {
          return std::ranges::find(columns, one.column) != columns.end();
        });
        if (!has_one) may_match_[shape] = 0;
      }
    }
  }

  bool matches(const HeadRow& row) {
    if (may_match_[row.shape] == 0 || !plan_.accepts_operation(row.operation)) return false;
    return plan_.matches({row.fields.start, row.fields.duration(), row.operation, row.resource,
                          row.scope, cells_.pick(row)});
  }

  /// Leaves the traces that match.
  void scan() {
    scanned_ = true;
    std::vector<bool> found;
    for (uint32_t number = 0; number < snapshot_.rows(); ++number) {
      const HeadRow& row = snapshot_.head_row(number);
      if (!matches(row)) continue;
      if (found.size() <= row.trace) found.resize(row.trace + 1);
      found[row.trace] = true;
    }
    std::erase_if(traces_, [&](const Candidate& trace) {
      return trace.number >= found.size() || !found[trace.number];
    });
    std::ranges::make_heap(traces_, {}, &Candidate::start);
  }

  const Filter& filter_;
  std::vector<Candidate> traces_;
  HeadSnapshot snapshot_;
  QueryPlan plan_;
  CellPicker cells_;
  std::vector<uint8_t> may_match_;  // by shape
  size_t looked_at_ = 0;
  bool scanned_ = false;
};

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
      auto known = classes_.class_of(row.operation, row.resource, cells_.pick(row));
      if (!known) return std::unexpected(known.error());
      numbers_.push_back(*known);
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
    auto visited = visit_rows(snapshot_, trace, rows, visit);
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
    return std::make_unique<HeadSearch>(*tenant_, query);
  }

  Result<std::optional<TraceExtent>> extent_of(const TraceId& id) const override {
    std::optional<TraceExtent> extent;
    for (const HeadTrace& trace : tenant_->find(id))
      extent = united(extent.value_or(TraceExtent()), {trace.min_start, trace.max_end, trace.id});
    return extent;
  }

  Result<void> visit_spans(const TraceId& id, const SpanVisitor& visit) const override {
    return visit_some_spans(id, nullptr, visit);
  }

  Result<std::unique_ptr<TraceCursor>> open_trace(const TraceId& id) const override {
    return std::make_unique<HeadCursor>(*tenant_, id);
  }

  Result<void> visit_some_spans(const TraceId& id, const SpanChoice& wanted,
                                const SpanVisitor& visit) const override {
    std::vector<HeadTrace> traces = tenant_->find(id);
    if (traces.empty()) return {};
    HeadSnapshot snapshot = tenant_->snapshot();
    for (const HeadTrace& trace : traces) {
      std::vector<Row> rows;
      uint32_t number = trace.last_row;
      for (uint32_t i = 0; i < trace.rows; ++i, number = snapshot.previous(number))
        if (!wanted || wanted(snapshot.head_row(number).fields.id))
          rows.push_back(snapshot.row(number));
      std::ranges::reverse(rows);
      if (auto visited = visit_rows(snapshot, trace.id, rows, visit); !visited) return visited;
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
    std::vector<HeadTrace> traces;
    HeadSnapshot snapshot = tenant_->snapshot([&](uint32_t, const HeadTrace& trace) {
      // A start of 0 is not in min_start.
      bool may_have = range.first == 0 || range.meets(trace.min_start, trace.max_start);
      if (may_have && trace.rows > 1 && !without.contains(right_half(trace.id)))
        traces.push_back(trace);
    });
    HeadCalls calls(snapshot);
    constexpr size_t kTracesPerLook = 1024;
    for (size_t i = 0; i < traces.size(); ++i) {
      if (i % kTracesPerLook == 0 && is_over && is_over())
        return fail(Code::kTimeout, "calls of the head are not counted all");
      if (!calls.count(traces[i], range, table))
        return fail(Code::kMalformed, "an operation of the head is none");
    }
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
