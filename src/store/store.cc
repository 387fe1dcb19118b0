#include "store/store.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "base/limits.h"
#include "base/metrics.h"
#include "store/column_scan.h"
#include "store/store_impl.h"

namespace clew::store {

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(StoreOptions options) {
  auto impl = std::make_unique<Impl>(std::move(options));
  if (auto opened = impl->open(); !opened) return std::unexpected(opened.error());
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

void Store::append(const Tenant& tenant, otlp::Batch batch, otlp::Accepted accepted) {
  impl_->append(tenant, std::move(batch), std::move(accepted));
}

Result<TraceResult> Store::trace(const Tenant& tenant, const TraceId& id, const Bounds& bounds) {
  return collect_trace(impl_->parts_of(tenant), id, bounds);
}

bool Store::visit_outlines(const Tenant& tenant, const TraceId& id, const OutlineVisitor& visit) {
  bool complete = true;
  for (const auto& part : impl_->parts_of(tenant))
    complete &= part->visit_outlines(id, visit).has_value();
  return complete;
}

std::unique_ptr<TraceReading> Store::read_trace(const Tenant& tenant, const TraceId& id) {
  return std::make_unique<TraceReading>(impl_->parts_of(tenant), id);
}

bool Store::visit_some_spans(
    const Tenant& tenant, const TraceId& id, const SpanChoice& wanted,
    const std::function<void(const otlp::Batch&, const otlp::SpanRef&)>& visit) {
  bool complete = true;
  for (const auto& part : impl_->parts_of(tenant))
    complete &= part->visit_spans(id, wanted, visit).has_value();
  return complete;
}

bool Store::scan_columns(const Tenant& tenant, ColumnScan& scan,
                         const std::function<bool()>& is_over) {
  return scan_parts(impl_->parts_without_copies(tenant), scan, is_over);
}

CallCount Store::count_calls(const Tenant& tenant, const StartRange& range,
                             const std::function<bool()>& is_over) {
  return impl_->call_counter().count(impl_->parts_of(tenant), range, is_over);
}

FindResult Store::find(const Tenant& tenant, const Query& query, size_t limit, UnixNanos deadline,
                       const std::atomic<bool>* cancelled, const std::optional<FoundTrace>& after) {
  return find_traces(impl_->parts_of(tenant), query, limit, impl_->clock(), deadline, cancelled,
                     after);
}

namespace {

/// A set of names that stops growing at limits::kNamesPerAnswer, and counts that it did.
template <typename T>
class NameSet {
 public:
  void insert(T name) {
    if (names_.size() < limits::kNamesPerAnswer)
      names_.insert(std::move(name));
    else if (!names_.contains(name) && !std::exchange(cut_, true))
      metrics::count_limit_hit("names_per_answer");
  }

  bool is_cut() const { return cut_; }

  std::vector<T> take() const { return {names_.begin(), names_.end()}; }

 private:
  std::set<T> names_;
  bool cut_ = false;
};

}  // namespace

std::vector<std::string> Store::services(const Tenant& tenant,
                                         const std::function<bool()>& is_over) {
  NameSet<std::string> names;
  for (const auto& part : impl_->parts_of(tenant)) {
    if (is_over && is_over()) break;
    // A damaged dictionary is counted by the block; the other parts still have their names.
    std::ignore = part->visit_operations([&](const OperationKey& key) {
      if (!key.service.empty()) names.insert(key.service);
    });
  }
  return names.take();
}

std::vector<Operation> Store::operations(const Tenant& tenant, const std::string& service,
                                         std::optional<otlp::SpanKind> kind,
                                         const std::function<bool()>& is_over) {
  Filter filter{.service = service, .kind = kind};
  NameSet<Operation> operations;
  for (const auto& part : impl_->parts_of(tenant)) {
    if (is_over && is_over()) break;
    std::ignore = part->visit_operations([&](const OperationKey& key) {
      if (matches_operation(filter, key)) operations.insert({key.name, key.kind});
    });
  }
  return operations.take();
}

namespace {

/// Asks `is_over` now and then: a visit may have millions of values.
class Pulse {
 public:
  explicit Pulse(const std::function<bool()>& is_over) : is_over_(is_over) {}

  bool is_over() {
    constexpr size_t kVisitsPerLook = 256;
    if (!over_ && visits_++ % kVisitsPerLook == 0) over_ = is_over_ && is_over_();
    return over_;
  }

 private:
  const std::function<bool()>& is_over_;
  size_t visits_ = 0;
  bool over_ = false;
};

}  // namespace

std::vector<TagName> Store::tag_names(const Tenant& tenant, std::optional<AttributeScope> scope,
                                      const std::function<bool()>& is_over) {
  NameSet<TagName> names;
  Pulse pulse(is_over);
  for (const auto& part : impl_->parts_of(tenant)) {
    if (pulse.is_over() || names.is_cut()) break;
    std::ignore = part->visit_attributes([&](AttributeScope where, std::string_view key) {
      if (!scope || where == *scope) names.insert({where, std::string(key)});
      return !pulse.is_over() && !names.is_cut();
    });
  }
  return names.take();
}

std::vector<TagValue> Store::tag_values(const Tenant& tenant, std::optional<AttributeScope> scope,
                                        std::string_view key, std::string_view prefix, size_t limit,
                                        const std::function<bool()>& is_over) {
  limit = std::min(limit, limits::kNamesPerAnswer);
  std::set<TagValue> values;
  Pulse pulse(is_over);
  for (const auto& part : impl_->parts_of(tenant)) {
    if (pulse.is_over()) break;
    std::ignore = part->visit_values(scope, key, [&](otlp::ValueType type, std::string_view text) {
      if (!text.starts_with(prefix)) return !pulse.is_over();
      values.insert({std::string(text), type});
      if (values.size() > limit) values.erase(std::prev(values.end()));
      return !pulse.is_over();
    });
  }
  return {values.begin(), values.end()};
}

Result<PinnedTrace> Store::pin(const Tenant& tenant, const TraceId& id) {
  return impl_->pin(tenant, id);
}
Result<void> Store::unpin(const Tenant& tenant, const TraceId& id) {
  return impl_->unpin(tenant, id);
}
std::vector<TraceId> Store::pinned(const Tenant& tenant) const {
  return impl_->pinned(tenant);
}
StoreStats Store::stats() const {
  return impl_->stats();
}
Result<void> Store::flush() {
  return impl_->flush();
}
void Store::close() {
  impl_->close();
}
bool Store::pump() {
  return impl_->pump();
}

Parts Store::Impl::parts_of(const Tenant& tenant) const {
  std::shared_lock lock(state_mutex_);
  Parts parts;
  if (auto part = active_->part(tenant)) parts.push_back(std::move(part));
  if (frozen_ && !flushed_.contains(tenant))
    if (auto part = frozen_->part(tenant)) parts.push_back(std::move(part));
  if (auto at = blocks_.find(tenant); at != blocks_.end())
    parts.insert(parts.end(), at->second.begin(), at->second.end());
  if (auto at = unreadable_.find(tenant); at != unreadable_.end()) parts.push_back(at->second);
  return parts;
}

StoreStats Store::Impl::stats() const {
  std::shared_lock lock(state_mutex_);
  StoreStats stats;
  for (const auto& head : {active_, frozen_}) {
    if (!head) continue;
    stats.head_spans += head->spans();
    stats.head_traces += head->traces();
    stats.head_bytes += head->bytes();
  }
  stats.block_bytes = unreadable_bytes_;
  for (const auto& [tenant, blocks] : blocks_) {
    stats.blocks += blocks.size();
    for (const auto& block : blocks) stats.block_bytes += block->size_bytes();
  }
  stats.log_bytes = log_->size_bytes();
  stats.damaged_sections = damaged_ + log_->damaged();
  stats.read_only_reason = read_only_reason();
  return stats;
}

void Store::Impl::close() {
  bool first = !closing_.exchange(true);
  if (!first || !log_) return;
  end_waiting(Refusal{Refused::kClosing,
                      {Code::kUnavailable, "the store is shutting down", std::chrono::seconds(1)}});
  log_->close();  // finishes what is in flight, so that the callbacks still find a head
  {
    std::lock_guard lock(wake_mutex_);
    wake_.notify_all();
  }
  if (flusher_.joinable()) flusher_.join();
  if (compactor_.joinable()) compactor_.join();
}

bool Store::Impl::pump() {
  bool logged = log_->pump();
  bool maintained = maintain();
  return compact_once(/*all=*/false) || maintained || logged;
}

}  // namespace clew::store
