// Reading a head: the Part that queries see.
#include <algorithm>

#include "store/column_scan.h"
#include "store/head.h"
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
        plan_(query, snapshot_) {
    if (plan_.is_impossible()) traces_.clear();
    // A heap and not a sort: most searches look at a few of the newest only.
    std::ranges::make_heap(traces_, {}, &Candidate::start);
    shape_places_.resize(snapshot_.shapes());
    cells_.resize(plan_.columns().size());
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
  static constexpr uint32_t kNotThere = UINT32_MAX;
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

  bool matches(const HeadRow& row) {
    if (!plan_.accepts_operation(row.operation)) return false;
    if (!plan_.columns().empty()) {
      const std::vector<uint32_t>& places = places_in(row.shape);
      const uint32_t* cells = snapshot_.cells(row);
      for (size_t i = 0; i < cells_.size(); ++i)
        cells_[i] = places[i] == kNotThere ? kNoCell : cells[places[i]];
    }
    return plan_.matches({row.fields.start, row.fields.duration(), row.operation, row.resource,
                          row.scope, cells_.data()});
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

  /// Where in the shape each of the plan's columns stands.
  const std::vector<uint32_t>& places_in(uint32_t shape) {
    std::vector<uint32_t>& places = shape_places_[shape];
    if (!places.empty()) return places;
    std::span<const uint32_t> columns = snapshot_.shape(shape);
    for (uint32_t column : plan_.columns()) {
      auto at = std::ranges::find(columns, column);
      places.push_back(at == columns.end() ? kNotThere
                                           : static_cast<uint32_t>(at - columns.begin()));
    }
    return places;
  }

  const Filter& filter_;
  std::vector<Candidate> traces_;
  HeadSnapshot snapshot_;
  QueryPlan plan_;
  std::vector<std::vector<uint32_t>> shape_places_;  // by shape
  std::vector<uint32_t> cells_;
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
      : scan_(scan), snapshot_(snapshot), classes_(scan, snapshot) {
    shape_places_.resize(snapshot.shapes());
    cells_.resize(classes_.columns().size());
  }

  Result<void> run() {
    for (uint32_t number = 0; number < snapshot_.rows(); ++number) {
      const HeadRow& row = snapshot_.head_row(number);
      if (!scan_.wants(row.fields.start, row.fields.start)) continue;
      fill_cells(row);
      auto known = classes_.class_of(row.operation, row.resource, cells_.data());
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

  void fill_cells(const HeadRow& row) {
    if (cells_.empty()) return;
    std::vector<uint32_t>& places = shape_places_[row.shape];
    if (places.empty()) {
      std::span<const uint32_t> columns = snapshot_.shape(row.shape);
      for (uint32_t column : classes_.columns()) {
        auto at = std::ranges::find(columns, column);
        places.push_back(at == columns.end() ? kNoCell
                                             : static_cast<uint32_t>(at - columns.begin()));
      }
    }
    const uint32_t* cells = snapshot_.cells(row);
    for (size_t i = 0; i < cells_.size(); ++i)
      cells_[i] = places[i] == kNoCell ? kNoCell : cells[places[i]];
  }

  ColumnScan& scan_;
  const HeadSnapshot& snapshot_;
  RowClasses classes_;
  std::vector<std::vector<uint32_t>> shape_places_;  // by shape: where each column stands
  std::vector<uint32_t> cells_, numbers_;
  std::vector<UnixNanos> starts_;
  std::vector<uint64_t> durations_;
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
    std::vector<HeadTrace> traces = tenant_->find(id);
    if (traces.empty()) return {};
    HeadSnapshot snapshot = tenant_->snapshot();
    for (const HeadTrace& trace : traces) {
      std::vector<Row> rows;
      uint32_t number = trace.last_row;
      for (uint32_t i = 0; i < trace.rows; ++i, number = snapshot.previous(number))
        rows.push_back(snapshot.row(number));
      std::ranges::reverse(rows);
      if (auto visited = visit_rows(snapshot, trace.id, rows, visit); !visited) return visited;
    }
    return {};
  }

  Result<void> scan_columns(ColumnScan& scan) const override {
    HeadSnapshot snapshot = tenant_->snapshot();
    return HeadScan(scan, snapshot).run();
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
