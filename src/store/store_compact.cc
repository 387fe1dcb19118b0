// Merging blocks beside everything else.
#include <algorithm>

#include "base/log.h"
#include "base/thread_name.h"
#include "store/metrics.h"
#include "store/store_impl.h"

namespace clew::store {
namespace {

/// Blocks are looked through this often; after a merge at once.
constexpr std::chrono::seconds kCompactEvery{2};

}  // namespace

void Store::compact() {
  impl_->compact();
}

void Store::Impl::compact() {
  while (!closing_ && compact_once(/*all=*/true)) {
  }
}

void Store::Impl::run_compaction() {
  name_thread("clew-compact");
  while (!closing_) {
    bool worked = compact_once(/*all=*/false);
    std::unique_lock lock(wake_mutex_);
    if (!worked) wake_.wait_for(lock, kCompactEvery, [this] { return closing_.load(); });
  }
}

std::vector<CompactionJob> Store::Impl::compaction_jobs(bool all) const {
  std::shared_lock lock(state_mutex_);
  std::vector<CompactionJob> jobs;
  for (const auto& [tenant, blocks] : blocks_) {
    std::vector<std::shared_ptr<const Block>> candidates;
    for (const auto& block : blocks)
      if (!is_pin(block->key()) && !unmergeable_.contains(block->key()))
        candidates.push_back(block);
    for (CompactionJob& job : plan_compaction(tenant, std::move(candidates), all))
      if (is_small_share(job)) jobs.push_back(std::move(job));
  }
  return jobs;
}

/// False for a block that would be a large piece of all that may be stored: it goes as a whole when
/// the oldest have to go, and while it is written it needs as much room again.
bool Store::Impl::is_small_share(const CompactionJob& job) const {
  constexpr uint64_t kShare = 8;
  uint64_t bytes = 0;
  for (const auto& block : job.sources) bytes += block->size_bytes();
  return bytes <= max_bytes_ / kShare &&
         job.rows <= options_.max_spans.value_or(UINT64_MAX) / kShare;
}

/// Merges one job. True if there was one and it went well.
bool Store::Impl::compact_once(bool all) {
  if (options_.read_only) return false;
  std::lock_guard compacting(compact_mutex_);
  std::vector<CompactionJob> jobs = compaction_jobs(all);
  if (jobs.empty() || space_watch_.is_low()) return false;
  // The smallest first: it frees the most files for the least work.
  const CompactionJob& job = *std::ranges::min_element(jobs, {}, &CompactionJob::rows);
  auto begin = std::chrono::steady_clock::now();
  auto merged = merge(job);
  if (!merged) {
    if (closing_) return false;
    log::warn("compaction: {}; these blocks stay as they are", merged.error().message);
    Metrics::get().compaction_errors.Increment();
    std::lock_guard lock(state_mutex_);
    for (const auto& block : job.sources) unmergeable_.insert(block->key());
    return false;
  }
  if (!publish(job, *merged)) {
    remove_blocks({*merged});
    return false;
  }
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  Metrics::get().compactions.Increment();
  Metrics::get().compaction_seconds.Observe(took.count());
  update_gauges();
  return true;
}

Result<std::shared_ptr<const Block>> Store::Impl::merge(const CompactionJob& job) {
  LogPosition log_end = 0;
  for (const auto& block : job.sources) log_end = std::max(log_end, block->footer().log_end);
  BlockKey key = new_key(job.tenant, log_end);
  auto upload = storage_->create(key);
  if (!upload) return std::unexpected(upload.error());
  BlockOutput out(**upload);
  auto duplicates =
      merge_blocks(job, out, {log_end, clock().now(), options_.small_segment_rows}, closing_);
  if (!duplicates) return std::unexpected(duplicates.error());
  Metrics::get().duplicates.Increment(static_cast<double>(*duplicates));
  return open_block(key);
}

/// Puts the merged block in the place of its sources, for queries in one step. False if retention
/// has taken one of the sources in the meantime: then the merged one holds too much.
bool Store::Impl::publish(const CompactionJob& job, const std::shared_ptr<const Block>& merged) {
  {
    std::lock_guard lock(state_mutex_);
    auto& blocks = blocks_[job.tenant];
    auto is_source = [&](const auto& block) {
      return std::ranges::find(job.sources, block) != job.sources.end();
    };
    if (static_cast<size_t>(std::ranges::count_if(blocks, is_source)) != job.sources.size())
      return false;
    std::erase_if(blocks, is_source);
    blocks.push_back(merged);
  }
  // A crash before the last is gone leaves spans twice: queries and the next merge drop
  // repetitions.
  remove_blocks(job.sources);
  return true;
}

}  // namespace clew::store
