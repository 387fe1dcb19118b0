// Removing what is too old or too much.
#include <algorithm>

#include "base/log.h"
#include "store/metrics.h"
#include "store/retention.h"
#include "store/store_impl.h"

namespace clew::store {

void Store::Impl::expire_blocks() {
  std::vector<BlockAge> ages;
  uint64_t other_bytes = log_->size_bytes();
  {
    std::shared_lock lock(state_mutex_);
    other_bytes += unreadable_bytes_;
    for (const auto& [tenant, blocks] : blocks_)
      for (const auto& block : blocks)
        ages.push_back({block->key(), block->footer().newest_start(), block->size_bytes()});
  }
  auto expired =
      expired_blocks(std::move(ages), other_bytes, {options_.retention, max_bytes_}, clock().now());
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
  uint64_t count = 0, bytes = unreadable_bytes_;
  for (const auto& [tenant, blocks] : blocks_) {
    count += blocks.size();
    for (const auto& block : blocks) bytes += block->size_bytes();
  }
  Metrics::get().blocks.Set(static_cast<double>(count));
  Metrics::get().block_bytes.Set(static_cast<double>(bytes));
}

}  // namespace clew::store
