// Head to blocks.
#include <algorithm>

#include "base/log.h"
#include "store/block_writer.h"
#include "store/metrics.h"
#include "store/store_impl.h"
#include "store/trace_collector.h"

namespace clew::store {
namespace {

/// A failed flush is tried again after this, and old blocks are looked for as often as
/// kExpiryNanos.
constexpr std::chrono::seconds kRoundEvery{1};
constexpr UnixNanos kExpiryNanos = 60'000'000'000;

/// A block is finished and another begun past these, so that its index stays within the format's
/// limits. Only a head of several GiB gets there.
constexpr uint64_t kBlockRawBytes = 512 << 20;
constexpr uint64_t kBlockTraces = 4 << 20;

}  // namespace

void Store::Impl::run() {
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
  active_bytes_ = 0;
  active_since_ = clock().now();
  has_frozen_ = true;
  return true;
}

bool Store::Impl::maintain() {
  std::lock_guard lock(maintain_mutex_);
  bool worked = wants_freeze() && freeze();
  if (has_frozen_) {
    auto flushed = flush_frozen();
    worked = flushed.has_value();
    flush_fails_ = !flushed;
    if (!flushed) {
      log::warn("flush: {}; it is tried again", flushed.error().message);
      end_waiting(Error{Code::kUnavailable, "the head is full and cannot be written to blocks",
                        std::chrono::seconds(1)});
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

Result<void> Store::Impl::flush_tenant(const Head::Contents& contents, LogPosition log_end) {
  std::vector<std::shared_ptr<const Block>> written;
  auto result = write_blocks(contents, log_end, written);
  if (!result) {
    for (const auto& block : written)
      if (auto removed = storage_->remove(block->key()); !removed)
        log::warn("blocks: {}", removed.error().message);
    return result;
  }
  // In one step: queries see the spans in the head or in the blocks.
  std::lock_guard lock(state_mutex_);
  auto& blocks = blocks_[contents.tenant];
  blocks.insert(blocks.end(), written.begin(), written.end());
  flushed_.insert(contents.tenant);
  return {};
}

Result<void> Store::Impl::write_blocks(const Head::Contents& contents, LogPosition log_end,
                                       std::vector<std::shared_ptr<const Block>>& written) {
  struct Open {
    BlockKey key;
    std::unique_ptr<BlockUpload> upload;
    BlockWriter writer;
  };
  std::unique_ptr<Open> open;
  auto finish = [&](LogPosition end) -> Result<void> {
    if (auto footer = open->writer.finish(end, clock().now()); !footer)
      return std::unexpected(footer.error());
    auto block = open_block(open->key);
    if (!block) return std::unexpected(block.error());
    written.push_back(std::move(*block));
    open.reset();
    return {};
  };
  auto visited = Head::visit_traces(contents, [&](auto spans) -> Result<void> {
    if (open &&
        (open->writer.raw_bytes() >= kBlockRawBytes || open->writer.traces() >= kBlockTraces))
      if (auto finished = finish(0); !finished) return finished;
    if (!open) {
      BlockKey key = new_key(contents.tenant, log_end);
      auto upload = storage_->create(key);
      if (!upload) return std::unexpected(upload.error());
      BlockUpload& out = **upload;
      open.reset(new Open{std::move(key), std::move(*upload), BlockWriter(out)});
    }
    Deduplicator deduplicator;
    for (auto [batch, ref] : spans) {
      if (!deduplicator.insert(*batch, *ref)) continue;
      if (auto added = open->writer.add(*batch, *ref); !added) return added;
    }
    return {};
  });
  if (!visited) return visited;
  return open ? finish(log_end) : Result<void>();
}

Result<std::shared_ptr<const Block>> Store::Impl::open_block(const BlockKey& key) {
  auto file = storage_->open(key);
  if (!file) return std::unexpected(file.error());
  return Block::open({key, 0}, std::move(*file), cache_, damaged_);
}

BlockKey Store::Impl::new_key(const Tenant& tenant, LogPosition log_end) {
  // Ascending, as a help for people; a name may be taken by a block that cannot be read.
  for (uint64_t n = 0;; ++n) {
    BlockKey key{tenant, fmt::format("{:016x}-{:x}", log_end, n)};
    if (keys_.insert(key).second) return key;
  }
}

}  // namespace clew::store
