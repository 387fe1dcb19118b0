// What waits to be exported: bounded, in order of arrival, in memory or on disk.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "agent/batcher.h"
#include "agent/journal.h"
#include "agent/record.h"
#include "base/result.h"

namespace clew::agent {

struct QueueOptions {
  std::string directory;             // empty: in memory
  uint64_t max_bytes = 256 << 20;    // held: on disk, or in memory without a directory
  uint64_t memory_bytes = 64 << 20;  // of requests in memory, with a directory
  Durability durability = Durability::kFsync;
  Overflow overflow = Overflow::kRefuse;
  BatchOptions batch;
  // For tests, as in JournalOptions.
  Disk* disk = &Disk::system();
  bool threads = true;
};

/// A bounded queue that hands out batches. Requests count from push() until done(), so what is
/// being sent or waits for another try is bounded too.
///
/// With a directory each request is first made safe in a Journal. What has just been written is
/// handed out from memory; once more waits than memory_bytes allows, the rest stays on disk and is
/// read back when its turn comes. So while the other side keeps up nothing is read, and while it is
/// away memory does not grow. Any thread may call it, pop() one at a time.
class Queue {
 public:
  /// Called exactly once, on any thread: the request is as safe as was asked for, or refused.
  using Accepted = std::move_only_function<void(Result<void>)>;

  /// `exporter` is whose queue it is, in metrics. `changed` is called, on any thread, when pop()
  /// may have something that ready_at() did not know of. Fails as Journal::open.
  static Result<std::unique_ptr<Queue>> open(QueueOptions options, const std::string& exporter,
                                             std::function<void()> changed);
  ~Queue();

  /// Appends a request. kUnavailable when it is full; kTooLarge for what can never fit.
  void push(Record record, Accepted accepted);

  /// The batch to send now, if there is one: one whose retry is due, else requests of the signal
  /// and tenant that have waited longest. With `flush` also what is not ready. May read the disk.
  std::optional<ExportBatch> pop(SteadyTime now, bool flush);

  /// When pop() will have something, if nothing more comes; nullopt: nothing waits.
  std::optional<SteadyTime> ready_at() const;

  /// Takes a popped batch back, to be handed out again at `due`; false if it was dropped meanwhile
  /// to make room.
  bool retry(ExportBatch batch, SteadyTime due);
  /// What waits for a retry is due now.
  void retry_now();
  /// A popped batch was delivered or given up.
  void done(const ExportBatch& batch);

  /// True while nothing is in flight, waits for a retry, in memory or on disk.
  bool empty() const;
  /// Items in memory that waited or are being sent.
  size_t items() const;
  bool persistent() const { return journal_ != nullptr; }
  uint64_t size_bytes() const;
  /// What it may hold: on disk, or in memory without a directory.
  uint64_t max_bytes() const { return max_bytes_; }
  /// How full its memory is, 0 to 1, past which requests are refused or dropped: with a directory
  /// only what the disk has not taken yet counts.
  double memory_fullness() const;

  /// From now on it may hold that much. With a directory `max_bytes` stays as it was opened.
  void resize(uint64_t max_bytes, uint64_t memory_bytes);

  /// Makes safe what was pushed and takes no more. Idempotent.
  void close();
  /// Without threads: lets the journal do the next piece of work. True if there was some.
  bool pump() { return journal_ && journal_->pump(); }

 private:
  struct Metrics;

  Queue(QueueOptions options, const std::string& exporter, std::function<void()> changed);

  void push_to_memory(Record record, Accepted accepted);
  void push_to_journal(Record record, Accepted accepted);
  bool on_appended(Record record, Position position);
  bool make_room_locked(size_t bytes);
  void read_back();
  std::optional<ExportBatch> pop_locked(SteadyTime now, bool flush);
  bool keep_held(const ExportBatch& batch) const;
  void forget_locked(const ExportBatch& batch);
  void count_dropped(otlp::Signal signal, size_t items, DropReason reason);
  bool backlog_locked() const { return journal_ && next_read_ < stored_; }
  void show_size() const;

  const QueueOptions options_;
  const std::function<void()> changed_;
  std::atomic<uint64_t> max_bytes_, memory_bytes_;  // as in options_ until resize()
  std::unique_ptr<Metrics> metrics_;

  mutable std::mutex mutex_;  // of what follows
  Batcher batcher_;
  std::multimap<SteadyTime, ExportBatch> retries_;  // by when they are due
  size_t held_bytes_ = 0;                           // in memory: waiting, popped or to be retried
  size_t held_items_ = 0;
  size_t pending_bytes_ = 0;              // on their way into the journal
  Position next_read_ = 0;                // before it everything was in memory
  Position stored_ = 0;                   // past the last record in the journal
  std::optional<SteadyTime> read_again_;  // a read found nothing yet

  std::unique_ptr<Journal> journal_;  // last: its thread uses all of the above
};

}  // namespace clew::agent
