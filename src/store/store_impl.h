// The inside of Store. Not for other rooms.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <thread>
#include <vector>

#include "store/block.h"
#include "store/block_series.h"
#include "store/block_storage_local.h"
#include "store/cache.h"
#include "store/call_counter.h"
#include "store/compaction.h"
#include "store/head.h"
#include "store/log.h"
#include "store/metrics.h"
#include "store/search.h"
#include "store/space_watch.h"
#include "store/store.h"

namespace clew::store {

/// With StoreOptions::max_spans, one of this many of them may be in heads.
inline constexpr uint64_t kHeadShareOfSpans = 16;

/// Threads: callers append and query; the log's thread inserts into the active head in the order of
/// the log; the flusher's thread freezes the active head, writes it into blocks and removes old
/// blocks; the compactor's thread merges blocks.
///
/// What always holds: every acknowledged span is in the active head, in the frozen head or in a
/// block; what is in a head is also in the log. `state_mutex_` makes the step from one to the next
/// one step for queries.
class Store::Impl {
 public:
  explicit Impl(StoreOptions options)
      : options_(std::move(options)),
        cache_(options_.cache_bytes),
        space_watch_(options_.min_free_bytes) {}
  ~Impl() { close(); }

  Result<void> open();
  void append(const Tenant& tenant, otlp::Batch batch, otlp::Accepted accepted);
  Parts parts_of(const Tenant& tenant) const;
  /// The same without pins of traces that another part has as well: what counts spans one by one
  /// must not see both.
  Parts parts_without_copies(const Tenant& tenant) const;
  CallCounter& call_counter() { return call_counter_; }
  Result<PinnedTrace> pin(const Tenant& tenant, const TraceId& id);
  Result<void> unpin(const Tenant& tenant, const TraceId& id);
  std::vector<TraceId> pinned(const Tenant& tenant) const;
  StoreStats stats() const;
  Result<void> flush();
  void compact();
  void close();
  bool pump();

  const Clock& clock() const { return *options_.clock; }

 private:
  using Blocks = std::map<Tenant, std::vector<std::shared_ptr<const Block>>>;

  // store_open.cc
  Result<void> check_options() const;
  Result<void> open_read_only();
  Result<void> open_blocks();
  Result<void> add_block(const StoredBlock& entry, Result<std::shared_ptr<const Block>> block);
  Result<std::unique_ptr<Log>> open_log();
  Result<void> replay_log();
  void replay_record(LogPosition position, const Tenant& tenant, SharedBytes payload);
  void note_unreadable(const StoredBlock& block, const Error& error);

  /// A request that waits for room in the head.
  struct Waiting {
    Tenant tenant;
    otlp::Batch batch;
    otlp::Accepted accepted;
  };

  /// Why a request is not taken.
  struct Refusal {
    Refused why;
    Error error;
  };

  // store_append.cc
  std::optional<Refusal> refusal(uint64_t bytes) const;
  bool head_is_full() const {
    return active_bytes_ + frozen_bytes_ >= options_.head_bytes ||
           active_spans_ + frozen_spans_ >= head_max_spans_;
  }
  /// True for a request that no head takes, however empty.
  bool is_too_large(uint64_t bytes, uint64_t spans) const {
    return options_.max_spans && (bytes > options_.head_bytes || spans > head_max_spans_);
  }
  bool admit_tenant(const Tenant& tenant);
  void log_batch(Waiting request);
  void end_waiting(std::optional<Refusal> refusal);
  void insert(LogPosition position, const Tenant& tenant, const otlp::Batch& batch);

  // store_flush.cc
  void run();
  bool wants_freeze() const;
  bool freeze();
  bool maintain();
  Result<void> flush_frozen();
  Result<void> flush_tenant(const Head::Contents& contents, LogPosition log_end);
  BlockSeries new_series(const Tenant& tenant, LogPosition log_end, uint64_t expected_rows);
  Result<std::shared_ptr<const Block>> open_block(const BlockKey& key);
  BlockKey new_key(const Tenant& tenant, LogPosition log_end);
  void remove_blocks(const std::vector<std::shared_ptr<const Block>>& blocks);

  // store_compact.cc
  void run_compaction();
  bool compact_once(bool all);
  bool is_small_share(const CompactionJob& job) const;
  std::vector<CompactionJob> compaction_jobs(bool all) const;
  Result<std::shared_ptr<const Block>> merge(const CompactionJob& job);
  bool publish(const CompactionJob& job, const std::shared_ptr<const Block>& merged);

  // store_retention.cc
  void expire_blocks();
  void update_gauges() const;

  // store_space.cc
  void check_space();
  std::string read_only_reason() const;

  // store_pin.cc
  /// `spans` are all of one trace. When it returns well the block is in the storage.
  Result<void> write_pin_block(const BlockKey& key, const otlp::Batch& spans);
  std::shared_ptr<const Block> find_block(const BlockKey& key) const;
  void replace_block(const BlockKey& key, std::shared_ptr<const Block> block);

  StoreOptions options_;
  std::unique_ptr<DirectoryLock> directory_lock_;
  std::atomic<uint64_t> damaged_ = 0;
  Cache cache_;  // before the blocks, which use it
  CallCounter call_counter_;
  std::unique_ptr<BlockStorage> storage_;
  std::unique_ptr<Log> log_;
  SpaceWatch space_watch_;
  uint64_t max_bytes_ = 0;
  uint64_t head_max_spans_ = UINT64_MAX;

  mutable std::shared_mutex state_mutex_;  // of what follows
  std::shared_ptr<Head> active_;
  std::shared_ptr<Head> frozen_;  // null unless a flush is under way or has failed
  std::set<Tenant> flushed_;      // tenants of the frozen head that are in blocks already
  Blocks blocks_;
  std::set<BlockKey> keys_;         // every block in the storage, also those that cannot be read
  std::set<BlockKey> unmergeable_;  // damaged: compaction leaves them alone
  uint64_t unreadable_bytes_ = 0;   // of blocks in the storage that could not be opened
  std::map<Tenant, std::shared_ptr<const Part>> unreadable_;  // who has such blocks
  // By blocks; used while the log is replayed.
  std::map<Tenant, LogPosition> covered_;
  LogPosition first_position_ = 0;  // no block covers anything at or after it

  std::atomic<uint64_t> inflight_bytes_ = 0;  // waiting, or on their way through the log
  std::atomic<bool> closing_ = false;
  std::atomic<bool> flush_fails_ = false;

  std::shared_mutex tenants_mutex_;
  std::set<Tenant> tenants_;  // all that are known

  std::mutex waiting_mutex_;
  std::vector<Waiting> waiting_;  // in order of arrival
  std::atomic<bool> has_frozen_ = false;
  // What admission and the decision to freeze need to know, without a lock.
  std::atomic<uint64_t> active_bytes_ = 0;
  std::atomic<uint64_t> frozen_bytes_ = 0;
  std::atomic<uint64_t> active_spans_ = 0;
  std::atomic<uint64_t> frozen_spans_ = 0;
  std::atomic<UnixNanos> active_since_ = 0;

  std::mutex pin_mutex_;  // one pin() or unpin() at a time; before state_mutex_

  std::mutex maintain_mutex_;  // one pass of maintain() or flush() at a time
  UnixNanos last_expiry_ = 0;

  std::mutex wake_mutex_;
  std::condition_variable wake_;  // the flusher: a head is full, or the store closes
  std::mutex compact_mutex_;      // one compaction at a time; before state_mutex_
  std::thread flusher_;
  std::thread compactor_;
};

}  // namespace clew::store
