#include "store/cache.h"

#include <algorithm>

#include "store/metrics.h"

namespace clew::store {

std::shared_ptr<const void> Cache::find(const Key& key, bool counts_miss) {
  std::lock_guard lock(mutex_);
  auto at = index_.find(key);
  if (at == index_.end()) {
    if (counts_miss) Metrics::get().cache_misses.Increment();
    return nullptr;
  }
  Metrics::get().cache_hits.Increment();
  entries_.splice(entries_.begin(), entries_, at->second);
  return at->second->value;
}

void Cache::insert(const Key& key, std::shared_ptr<const void> value, size_t bytes) {
  std::lock_guard lock(mutex_);
  if (bytes > capacity_ || index_.contains(key)) return;
  entries_.push_front({key, std::move(value), bytes});
  index_[key] = entries_.begin();
  bytes_ += bytes;
  while (bytes_ > capacity_) {
    bytes_ -= entries_.back().bytes;
    index_.erase(entries_.back().key);
    entries_.pop_back();
  }
}

bool Cache::missed_lately(const Key& key) {
  std::lock_guard lock(mutex_);
  if (std::ranges::find(lately_, key) != lately_.end()) return true;
  lately_[next_lately_++ % kLately] = key;
  Metrics::get().cache_misses.Increment();
  return false;
}

void Cache::erase(uint64_t block) {
  std::lock_guard lock(mutex_);
  auto at = index_.lower_bound({block, 0, 0});
  while (at != index_.end() && at->first.block == block) {
    bytes_ -= at->second->bytes;
    entries_.erase(at->second);
    at = index_.erase(at);
  }
}

uint64_t Cache::bytes() const {
  std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace clew::store
