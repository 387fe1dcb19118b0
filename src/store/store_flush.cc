// Head to blocks.
#include <algorithm>

#include "base/log.h"
#include "base/thread_name.h"
#include "store/head_writer.h"
#include "store/metrics.h"
#include "store/store_impl.h"

namespace clew::store {
namespace {

/// A failed flush is tried again after this, and old blocks are looked for as often as
/// kExpiryNanos.
constexpr std::chrono::seconds kRoundEvery{1};
constexpr UnixNanos kExpiryNanos = 60'000'000'000;

}  // namespace

void Store::Impl::run() {
  name_thread("clew-flush");
  while (!closing_) {
    {
      std::unique_lock lock(wake_mutex_);
      wake_.wait_for(lock, kRoundEvery, [this] { return closing_ || wants_freeze(); });
    }
    if (!closing_) maintain();
  }
}

bool Store::Impl::wants_freeze() const {
  if (has_frozen_) return false;
  if (active_bytes_ >= options_.head_bytes / 2) return true;
  if (active_spans_ >= std::max<uint64_t>(head_max_spans_ / 2, 1)) return true;
  UnixNanos now = clock().now(), since = active_since_;
  auto age = static_cast<UnixNanos>(std::chrono::nanoseconds(options_.head_age).count());
  return active_bytes_ > 0 && now > since && now - since > age;
}

bool Store::Impl::freeze() {
  std::lock_guard lock(state_mutex_);
  if (frozen_ || active_->empty()) return false;
  frozen_ = std::move(active_);
  active_ = std::make_shared<Head>();
  flushed_.clear();
  frozen_bytes_ = frozen_->bytes();
  frozen_spans_ = frozen_->spans();
  active_bytes_ = 0;
  active_spans_ = 0;
  active_since_ = clock().now();
  has_frozen_ = true;
  return true;
}

bool Store::Impl::maintain() {
  if (options_.read_only) return false;
  std::lock_guard lock(maintain_mutex_);
  check_space();
  bool worked = wants_freeze() && freeze();
  if (has_frozen_) {
    auto flushed = flush_frozen();
    worked = flushed.has_value();
    flush_fails_ = !flushed;
    if (!flushed) {
      log::warn("flush: {}; it is tried again", flushed.error().message);
      end_waiting(Refusal{Refused::kHead,
                          {Code::kUnavailable, "the head is full and cannot be written to blocks",
                           std::chrono::seconds(1)}});
    }
  }
  UnixNanos now = clock().now();
  if (worked || now < last_expiry_ || now - last_expiry_ >= kExpiryNanos) {
    last_expiry_ = now;
    expire_blocks();
  }
  return worked;
}

Result<void> Store::Impl::flush() {
  if (options_.read_only) return fail(Code::kInvalid, "the store was opened for reading only");
  std::lock_guard lock(maintain_mutex_);
  if (has_frozen_)
    if (auto flushed = flush_frozen(); !flushed) return flushed;
  if (!freeze()) return {};
  return flush_frozen();
}

Result<void> Store::Impl::flush_frozen() {
  auto begin = std::chrono::steady_clock::now();
  LogPosition log_end = frozen_->log_end();
  for (const Head::Contents& contents : frozen_->tenants()) {
    if (flushed_.contains(contents.tenant)) continue;
    if (auto flushed = flush_tenant(contents, log_end); !flushed) {
      Metrics::get().flush_errors.Increment();
      return flushed;
    }
  }
  std::shared_ptr<Head> done;
  {
    std::lock_guard lock(state_mutex_);
    done = std::move(frozen_);
    frozen_bytes_ = 0;
    frozen_spans_ = 0;
    has_frozen_ = false;
  }
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  Metrics::get().flushes.Increment();
  Metrics::get().flush_seconds.Observe(took.count());
  Metrics::get().head_spans.Decrement(static_cast<double>(done->spans()));
  Metrics::get().head_bytes.Set(static_cast<double>(active_bytes_));
  update_gauges();
  // What stays in the log by a failure is covered by the blocks and skipped when it is replayed.
  if (auto cut = log_->truncate(log_end); !cut) log::warn("log: {}", cut.error().message);
  flush_fails_ = false;
  end_waiting(std::nullopt);
  return {};
}

BlockSeries Store::Impl::new_series(const Tenant& tenant, LogPosition log_end,
                                    uint64_t expected_rows) {
  UnixNanos now = clock().now();
  std::chrono::nanoseconds age = options_.retention;
  auto own = options_.retention_overrides.find(tenant);
  if (own != options_.retention_overrides.end() && own->second.max_age) age = *own->second.max_age;
  auto retention = static_cast<UnixNanos>(age.count());
  return BlockSeries({.storage = *storage_,
                      .new_key = [this, tenant, log_end] { return new_key(tenant, log_end); },
                      .open = [this](const BlockKey& key) { return open_block(key); },
                      .now = now,
                      .oldest = now > retention ? now - retention : 0},
                     expected_rows);
}

Result<void> Store::Impl::flush_tenant(const Head::Contents& contents, LogPosition log_end) {
  BlockSeries series = new_series(contents.tenant, log_end, frozen_->spans());
  auto result = write_head(*contents.spans, series);
  if (result) result = series.finish(log_end);
  if (!result) {
    remove_blocks(series.written());
    return result;
  }
  Metrics::get().duplicates.Increment(static_cast<double>(series.duplicates()));
  // In one step: queries see the spans in the head or in the blocks.
  std::lock_guard lock(state_mutex_);
  auto& blocks = blocks_[contents.tenant];
  blocks.insert(blocks.end(), series.written().begin(), series.written().end());
  flushed_.insert(contents.tenant);
  return {};
}

void Store::Impl::remove_blocks(const std::vector<std::shared_ptr<const Block>>& blocks) {
  for (const auto& block : blocks)
    if (auto removed = storage_->remove(block->key()); !removed)
      log::warn("blocks: {}", removed.error().message);
}

Result<std::shared_ptr<const Block>> Store::Impl::open_block(const BlockKey& key) {
  auto file = storage_->open(key);
  if (!file) return std::unexpected(file.error());
  return Block::open({key, 0}, std::move(*file), cache_, damaged_);
}

BlockKey Store::Impl::new_key(const Tenant& tenant, LogPosition log_end) {
  // Ascending, as a help for people; a name may be taken by a block that cannot be read.
  std::lock_guard lock(state_mutex_);
  for (uint64_t n = 0;; ++n) {
    BlockKey key{tenant, fmt::format("{:016x}-{:x}", log_end, n)};
    if (keys_.insert(key).second) return key;
  }
}

}  // namespace clew::store
