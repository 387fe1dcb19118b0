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
#include "store/block_storage_local.h"
#include "store/cache.h"
#include "store/head.h"
#include "store/log_segments.h"
#include "store/search.h"
#include "store/store.h"

namespace clew::store {

/// Threads: callers append and query; the log's thread inserts into the active head in the order of
/// the log; the flusher's thread freezes the active head, writes it into blocks and removes old
/// blocks.
///
/// What always holds: every acknowledged span is in the active head, in the frozen head or in a
/// block; what is in a head is also in the log. `state_mutex_` makes the step from one to the next
/// one step for queries.
class Store::Impl {
 public:
  explicit Impl(StoreOptions options)
      : options_(std::move(options)), cache_(options_.cache_bytes) {}
  ~Impl() { close(); }

  Result<void> open();
  void append(const Tenant& tenant, otlp::Batch batch, otlp::Accepted accepted);
  Parts parts_of(const Tenant& tenant) const;
  StoreStats stats() const;
  Result<void> flush();
  void close();
  bool pump();

  const Clock& clock() const { return *options_.clock; }

 private:
  using Blocks = std::map<Tenant, std::vector<std::shared_ptr<const Block>>>;

  // store_open.cc
  Result<void> check_options() const;
  Result<void> open_blocks();
  Result<void> replay_log();
  void replay_record(LogPosition position, const Tenant& tenant, SharedBytes payload);
  void note_unreadable(const StoredBlock& block, const Error& error);

  /// A request that waits for room in the head.
  struct Waiting {
    Tenant tenant;
    otlp::Batch batch;
    otlp::Accepted accepted;
  };

  // store_append.cc
  std::optional<Error> refusal(uint64_t bytes) const;
  bool head_is_full() const { return active_bytes_ + frozen_bytes_ >= options_.head_bytes; }
  bool admit_tenant(const Tenant& tenant);
  void log_batch(Waiting request);
  void end_waiting(std::optional<Error> error);
  void insert(LogPosition position, const Tenant& tenant, const otlp::Batch& batch,
              const std::vector<SpanFacts>& facts);

  // store_flush.cc
  void run();
  bool wants_freeze() const;
  bool freeze();
  bool maintain();
  Result<void> flush_frozen();
  Result<void> flush_tenant(const Head::Contents& contents, LogPosition log_end);
  Result<void> write_blocks(const Head::Contents& contents, LogPosition log_end,
                            std::vector<std::shared_ptr<const Block>>& written);
  Result<std::shared_ptr<const Block>> open_block(const BlockKey& key);
  BlockKey new_key(const Tenant& tenant, LogPosition log_end);

  // store_retention.cc
  void expire_blocks();
  void update_gauges() const;

  StoreOptions options_;
  std::unique_ptr<DirectoryLock> directory_lock_;
  std::atomic<uint64_t> damaged_ = 0;
  Cache cache_;  // before the blocks, which use it
  std::unique_ptr<BlockStorage> storage_;
  std::unique_ptr<LogSegments> log_;
  uint64_t max_bytes_ = 0;

  mutable std::shared_mutex state_mutex_;  // of what follows
  std::shared_ptr<Head> active_;
  std::shared_ptr<Head> frozen_;  // null unless a flush is under way or has failed
  std::set<Tenant> flushed_;      // tenants of the frozen head that are in blocks already
  Blocks blocks_;
  std::set<BlockKey> keys_;        // every block in the storage, also those that cannot be read
  uint64_t unreadable_bytes_ = 0;  // of blocks in the storage that could not be opened
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
  std::atomic<UnixNanos> active_since_ = 0;

  std::mutex maintain_mutex_;  // one pass of maintain() or flush() at a time
  UnixNanos last_expiry_ = 0;

  std::mutex wake_mutex_;
  std::condition_variable wake_;  // the flusher: a head is full, or the store closes
  std::thread flusher_;
};

}  // namespace clew::store
