#include "store/store.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "base/metrics.h"
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

FindResult Store::find(const Tenant& tenant, const Filter& filter, size_t limit, UnixNanos deadline,
                       const std::atomic<bool>* cancelled) {
  CLEW_CHECK(filter.tags.size() <= limits::kTagsPerQuery);
  return find_traces(impl_->parts_of(tenant), filter, limit, impl_->clock(), deadline,
                     limits::kSearchScannedTraces, cancelled);
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
  stats.read_only = log_->failing();
  return stats;
}

void Store::Impl::close() {
  bool first = !closing_.exchange(true);
  if (!first || !log_) return;
  end_waiting(Error{Code::kUnavailable, "the store is shutting down", std::chrono::seconds(1)});
  log_->close();  // finishes what is in flight, so that the callbacks still find a head
  {
    std::lock_guard lock(wake_mutex_);
    wake_.notify_all();
  }
  if (flusher_.joinable()) flusher_.join();
}

bool Store::Impl::pump() {
  bool logged = log_->pump();
  return maintain() || logged;
}

}  // namespace clew::store
