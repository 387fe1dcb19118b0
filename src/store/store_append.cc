// The way in: admission, log, head.
#include "base/metrics.h"
#include "store/metrics.h"
#include "store/store_impl.h"

namespace clew::store {
namespace {

Error busy(std::string_view why) {
  return {Code::kUnavailable, std::string(why), std::chrono::seconds(1)};
}

}  // namespace

std::optional<Store::Impl::Refusal> Store::Impl::refusal(uint64_t bytes) const {
  auto because = [](Refused why, std::string_view text) { return Refusal{why, busy(text)}; };
  if (options_.read_only)
    return because(Refused::kClosing, "the store was opened for reading only");
  if (closing_) return because(Refused::kClosing, "the store is shutting down");
  if (space_watch_.is_low())
    return because(Refused::kSpace,
                   "the disk is nearly full: nothing is taken until space is free");
  if (log_->refuses())
    return because(Refused::kLog, "the disk is full or failing: the log cannot be written");
  // Otherwise it waits: whoever sends without retrying, as Envoy does, would lose its spans.
  if (head_is_full() && flush_fails_)
    return because(Refused::kHead, "the head is full and cannot be written to blocks");
  uint64_t inflight = inflight_bytes_;
  // A request larger than the limit passes when it is alone.
  if (inflight > 0 && inflight + bytes > options_.inflight_bytes)
    return because(Refused::kInflight, "too many requests wait for the log");
  return std::nullopt;
}

void Store::Impl::append(const Tenant& tenant, otlp::Batch batch, otlp::Accepted accepted) {
  uint64_t bytes = batch.memory_bytes();
  if (auto refused = refusal(bytes)) {
    Metrics::get().refused(refused->why).Increment();
    return accepted(std::unexpected(std::move(refused->error)));
  }
  if (batch.spans().empty()) return accepted({});
  if (is_too_large(bytes, batch.spans().size())) {
    Metrics::get().refused(Refused::kSize).Increment();
    return accepted(fail(Code::kTooLarge,
                         "a request of {} spans and {} bytes in memory; this "
                         "store takes up to {} and {} at once",
                         batch.spans().size(), bytes, head_max_spans_, options_.head_bytes));
  }
  if (!admit_tenant(tenant)) {
    Metrics::get().refused(Refused::kTenants).Increment();
    metrics::count_limit_hit("tenants");
    return accepted(fail(Code::kRejected,
                         "tenant {} would be one more than the {} that are allowed", tenant.name(),
                         options_.max_tenants));
  }
  inflight_bytes_ += bytes;
  Waiting request{tenant, std::move(batch), std::move(accepted)};
  {
    // Whoever makes room or closes calls end_waiting() afterwards, so none is forgotten.
    std::lock_guard lock(waiting_mutex_);
    if (head_is_full() && !closing_) {
      waiting_.push_back(std::move(request));
      return;
    }
  }
  log_batch(std::move(request));
}

/// True if the tenant is known or may become so.
bool Store::Impl::admit_tenant(const Tenant& tenant) {
  {
    std::shared_lock lock(tenants_mutex_);
    if (tenants_.contains(tenant)) return true;
  }
  std::lock_guard lock(tenants_mutex_);
  if (tenants_.contains(tenant)) return true;
  if (tenants_.size() >= options_.max_tenants) return false;
  tenants_.insert(tenant);
  return true;
}

void Store::Impl::log_batch(Waiting request) {
  Tenant tenant = request.tenant;
  SharedBytes payload = request.batch.bytes();
  log_->append(tenant, std::move(payload),
               [this, request = std::move(request)](Result<LogPosition> position) mutable {
                 uint64_t cost = request.batch.memory_bytes();
                 if (position) {
                   insert(*position, request.tenant, request.batch);
                   Metrics::get().appended_spans.Increment(
                       static_cast<double>(request.batch.spans().size()));
                   Metrics::get().appended_bytes.Increment(
                       static_cast<double>(request.batch.bytes().size()));
                 } else {
                   Metrics::get().refused(closing_ ? Refused::kClosing : Refused::kLog).Increment();
                 }
                 inflight_bytes_ -= cost;
                 if (position)
                   request.accepted({});
                 else
                   request.accepted(std::unexpected(std::move(position.error())));
               });
}

void Store::Impl::end_waiting(std::optional<Refusal> refusal) {
  std::vector<Waiting> waiting;
  {
    std::lock_guard lock(waiting_mutex_);
    waiting.swap(waiting_);
  }
  for (Waiting& request : waiting) {
    if (!refusal) {
      log_batch(std::move(request));
      continue;
    }
    inflight_bytes_ -= request.batch.memory_bytes();
    Metrics::get().refused(refusal->why).Increment();
    request.accepted(std::unexpected(refusal->error));
  }
}

void Store::Impl::insert(LogPosition position, const Tenant& tenant, const otlp::Batch& batch) {
  {
    // Shared: only the log's thread inserts, and freeze() must not come between.
    std::shared_lock lock(state_mutex_);
    active_->insert(position, tenant, batch);
    active_bytes_ = active_->bytes();
    active_spans_ = active_->spans();
  }
  Metrics::get().head_bytes.Set(static_cast<double>(active_bytes_ + frozen_bytes_));
  Metrics::get().head_spans.Increment(static_cast<double>(batch.spans().size()));
  if (wants_freeze()) {
    std::lock_guard lock(wake_mutex_);
    wake_.notify_one();
  }
}

}  // namespace clew::store
