// Removing what is too old or too much.
#include <algorithm>

#include "base/log.h"
#include "store/metrics.h"
#include "store/retention.h"
#include "store/store_impl.h"

namespace clew::store {
namespace {

/// What an operator wants to know of the blocks beside how many they are.
struct BlockGauges {
  prometheus::Gauge& spans = metrics::gauge("clew_store_block_spans", "Spans in blocks");
  prometheus::Gauge& oldest =
      metrics::gauge("clew_store_oldest_span_timestamp_seconds",
                     "Start of the oldest span in a block that is not pinned; 0: there is none");

  static BlockGauges& get() {
    static BlockGauges instance;
    return instance;
  }
};

}  // namespace

void Store::Impl::expire_blocks() {
  std::vector<BlockAge> ages;
  uint64_t other_bytes = log_->size_bytes();
  {
    std::shared_lock lock(state_mutex_);
    other_bytes += unreadable_bytes_;
    for (const auto& [tenant, blocks] : blocks_)
      for (const auto& block : blocks)
        ages.push_back({.key = block->key(),
                        .newest = block->footer().newest_start(),
                        .size_bytes = block->size_bytes(),
                        .pinned = is_pin(block->key()),
                        .spans = block->footer().spans});
  }
  RetentionLimits limits{options_.retention, max_bytes_, options_.retention_overrides};
  // An eighth for the heads: twice what they may hold, since a request may overshoot it.
  if (options_.max_spans)
    limits.max_spans = *options_.max_spans - 2 * (*options_.max_spans / kHeadShareOfSpans);
  auto expired = expired_blocks(std::move(ages), other_bytes, limits, clock().now());
  for (const BlockKey& key : expired) {
    {
      std::lock_guard lock(state_mutex_);
      std::erase_if(blocks_[key.tenant], [&](const auto& block) { return block->key() == key; });
      if (blocks_[key.tenant].empty()) blocks_.erase(key.tenant);
    }
    // After it has left the list, so that no new query opens it; one under way still can read.
    if (auto removed = storage_->remove(key); !removed)
      log::warn("retention: {}", removed.error().message);
    else
      log::info("retention: block {}/{} removed", key.tenant.name(), key.id);
    Metrics::get().retention_blocks.Increment();
  }
  if (!expired.empty()) update_gauges();
}

void Store::Impl::update_gauges() const {
  std::shared_lock lock(state_mutex_);
  uint64_t count = 0, bytes = unreadable_bytes_, spans = 0;
  UnixNanos oldest = UINT64_MAX;
  for (const auto& [tenant, blocks] : blocks_) {
    count += blocks.size();
    for (const auto& block : blocks) {
      bytes += block->size_bytes();
      spans += block->footer().spans;
      UnixNanos start = block->footer().min_start;  // 0: no span of it has one
      if (!is_pin(block->key()) && start != 0) oldest = std::min(oldest, start);
    }
  }
  Metrics::get().blocks.Set(static_cast<double>(count));
  Metrics::get().block_bytes.Set(static_cast<double>(bytes));
  BlockGauges::get().spans.Set(static_cast<double>(spans));
  BlockGauges::get().oldest.Set(oldest == UINT64_MAX ? 0 : static_cast<double>(oldest) / 1e9);
}

}  // namespace clew::store
