// Reading a head: the Part that queries see, and the walk a flush makes.
#include <algorithm>
#include <mutex>

#include "store/head.h"

namespace clew::store {

/// Takes a copy of the list of traces at the start; which of them match is found out one by one.
class HeadSearch final : public PartSearch {
 public:
  HeadSearch(const HeadTenant& tenant, const Filter& filter) : filter_(filter) {
    std::shared_lock lock(tenant.mutex_);
    rows_ = tenant.rows_;
    batches_ = tenant.batches_;
    operations_.resize(tenant.operations_.size());
    for (size_t i = 0; i < operations_.size(); ++i)
      operations_[i] = matches_operation(filter, tenant.operations_[i]);
    if (std::ranges::find(operations_, true) == operations_.end()) return;
    candidates_.reserve(tenant.traces_.size());
    for (const auto& [id, trace] : tenant.traces_)
      if (trace.min_start <= filter.start_max && trace.max_start >= filter.start_min)
        candidates_.push_back({trace.min_start, trace.last_row, id});
    lock.unlock();
    // A heap and not a sort: most searches look at a few of the newest only.
    std::ranges::make_heap(candidates_, {}, &Candidate::start);
  }

  std::optional<UnixNanos> next_start() const override {
    if (candidates_.empty()) return std::nullopt;
    return candidates_.front().start;
  }

  Result<std::optional<TraceId>> take() override {
    std::ranges::pop_heap(candidates_, {}, &Candidate::start);
    Candidate candidate = candidates_.back();
    candidates_.pop_back();
    if (!matches(candidate)) return std::nullopt;
    return candidate.id;
  }

 private:
  struct Candidate {
    UnixNanos start;
    uint32_t last_row;
    TraceId id;
  };

  bool matches(const Candidate& candidate) const {
    if (filter_.only_time() && candidate.start >= filter_.start_min) return true;
    for (uint32_t row = candidate.last_row; row != HeadTenant::kNone; row = rows_[row].previous)
      if (matches(rows_[row])) return true;
    return false;
  }

  bool matches(const HeadTenant::Row& row) const {
    if (!operations_[row.operation]) return false;
    if (row.start < filter_.start_min || row.start > filter_.start_max) return false;
    if (filter_.min_duration && row.duration < *filter_.min_duration) return false;
    if (filter_.max_duration && row.duration > *filter_.max_duration) return false;
    if (filter_.tags.empty()) return true;
    const otlp::Batch& batch = batches_[row.batch];
    return SpanMatcher(filter_, batch).matches(batch.spans()[row.span]);
  }

  const Filter& filter_;
  HeadTenant::Rows rows_;
  HeadTenant::Batches batches_;
  std::vector<bool> operations_;  // by ID: may match
  std::vector<Candidate> candidates_;
};

class HeadPart final : public Part {
 public:
  explicit HeadPart(std::shared_ptr<const HeadTenant> tenant) : tenant_(std::move(tenant)) {}

  UnixNanos newest_trace_start() const override {
    std::shared_lock lock(tenant_->mutex_);
    return tenant_->newest_trace_start_;
  }

  bool may_match(const Filter&) const override { return true; }

  Result<std::unique_ptr<PartSearch>> search(const Filter& filter) const override {
    return std::make_unique<HeadSearch>(*tenant_, filter);
  }

  Result<std::optional<UnixNanos>> start_of(const TraceId& id) const override {
    std::shared_lock lock(tenant_->mutex_);
    auto at = tenant_->traces_.find(id);
    if (at == tenant_->traces_.end()) return std::nullopt;
    return at->second.min_start;
  }

  Result<void> visit_spans(const TraceId& id, const SpanVisitor& visit) const override {
    std::shared_lock lock(tenant_->mutex_);
    auto at = tenant_->traces_.find(id);
    if (at == tenant_->traces_.end()) return {};
    uint32_t row = at->second.last_row;
    HeadTenant::Rows rows = tenant_->rows_;
    HeadTenant::Batches batches = tenant_->batches_;
    lock.unlock();
    std::vector<uint32_t> chain;
    for (; row != HeadTenant::kNone; row = rows[row].previous) chain.push_back(row);
    for (size_t i = chain.size(); i-- > 0;) {
      const otlp::Batch& batch = batches[rows[chain[i]].batch];
      visit(batch, batch.spans()[rows[chain[i]].span]);
    }
    return {};
  }

  Result<void> visit_operations(const OperationVisitor& visit) const override {
    std::shared_lock lock(tenant_->mutex_);
    auto operations = tenant_->operations_;
    lock.unlock();
    for (size_t i = 0; i < operations.size(); ++i) visit(operations[i]);
    return {};
  }

  /// The body of Head::visit_traces.
  Result<void> visit_all(const Head::TraceVisitor& visit) const {
    std::shared_lock lock(tenant_->mutex_);
    std::vector<std::pair<TraceId, uint32_t>> traces;
    traces.reserve(tenant_->traces_.size());
    for (const auto& [id, trace] : tenant_->traces_) traces.emplace_back(id, trace.last_row);
    std::ranges::sort(traces);
    std::vector<std::pair<const otlp::Batch*, const otlp::SpanRef*>> spans;
    for (auto [id, row] : traces) {
      spans.clear();
      for (; row != HeadTenant::kNone; row = tenant_->rows_[row].previous) {
        const otlp::Batch& batch = tenant_->batches_[tenant_->rows_[row].batch];
        spans.emplace_back(&batch, &batch.spans()[tenant_->rows_[row].span]);
      }
      std::ranges::reverse(spans);
      if (auto visited = visit(spans); !visited) return visited;
    }
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

Result<void> Head::visit_traces(const Contents& contents, const TraceVisitor& visit) {
  return HeadPart(contents.spans).visit_all(visit);
}

uint64_t Head::traces() const {
  uint64_t traces = 0;
  for (const Contents& contents : tenants()) traces += contents.spans->trace_count();
  return traces;
}

}  // namespace clew::store
