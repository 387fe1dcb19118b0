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

std::optional<Error> Store::Impl::refusal(uint64_t bytes) const {
  if (closing_) return busy("the store is shutting down");
  if (log_->refuses()) return busy("the disk is full or failing: the log cannot be written");
  // Otherwise it waits: whoever sends without retrying, as Envoy does, would lose its spans.
  if (head_is_full() && flush_fails_)
    return busy("the head is full and cannot be written to blocks");
  uint64_t inflight = inflight_bytes_;
  // A request larger than the limit passes when it is alone.
  if (inflight > 0 && inflight + bytes > options_.inflight_bytes)
    return busy("too many requests wait for the log");
  return std::nullopt;
}

void Store::Impl::append(const Tenant& tenant, otlp::Batch batch, otlp::Accepted accepted) {
  uint64_t bytes = inflight_cost(batch);
  if (auto error = refusal(bytes)) {
    Metrics::get().refused_batches.Increment();
    return accepted(std::unexpected(std::move(*error)));
  }
  if (batch.spans().empty()) return accepted({});
  if (!admit_tenant(tenant)) {
    Metrics::get().refused_batches.Increment();
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
  auto facts = facts_of(request.batch);
  log_->append(tenant, std::move(payload),
               [this, request = std::move(request),
                facts = std::move(facts)](Result<LogPosition> position) mutable {
                 uint64_t cost = inflight_cost(request.batch);
                 if (position) {
                   insert(*position, request.tenant, request.batch, facts);
                   Metrics::get().appended_spans.Increment(static_cast<double>(facts.size()));
                   Metrics::get().appended_bytes.Increment(
                       static_cast<double>(request.batch.bytes().size()));
                 } else {
                   Metrics::get().refused_batches.Increment();
                 }
                 inflight_bytes_ -= cost;
                 if (position)
                   request.accepted({});
                 else
                   request.accepted(std::unexpected(std::move(position.error())));
               });
}

void Store::Impl::end_waiting(std::optional<Error> error) {
  std::vector<Waiting> waiting;
  {
    std::lock_guard lock(waiting_mutex_);
    waiting.swap(waiting_);
  }
  for (Waiting& request : waiting) {
    if (!error) {
      log_batch(std::move(request));
      continue;
    }
    inflight_bytes_ -= inflight_cost(request.batch);
    Metrics::get().refused_batches.Increment();
    request.accepted(std::unexpected(*error));
  }
}

void Store::Impl::insert(LogPosition position, const Tenant& tenant, const otlp::Batch& batch,
                         const std::vector<SpanFacts>& facts) {
  {
    // Shared: only the log's thread inserts, and freeze() must not come between.
    std::shared_lock lock(state_mutex_);
    active_->insert(position, tenant, batch, facts);
    active_bytes_ = active_->bytes();
  }
  Metrics::get().head_bytes.Set(static_cast<double>(active_bytes_ + frozen_bytes_));
  Metrics::get().head_spans.Increment(static_cast<double>(facts.size()));
  if (wants_freeze()) {
    std::lock_guard lock(wake_mutex_);
    wake_.notify_one();
  }
}

}  // namespace clew::store
