// The store: log → head → blocks, and the way back out. One directory, one process.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "base/limits.h"
#include "base/result.h"
#include "base/tenant.h"
#include "otlp/sink.h"
#include "store/filter.h"
#include "store/log.h"

namespace clew::store {

struct StoreOptions {
  std::string directory;  // created if it is missing
  Disk* disk = &Disk::system();
  const Clock* clock = &Clock::system();
  Durability durability = Durability::kFsync;

  /// Memory for spans that are in no block yet. At half of it the head is frozen and written to
  /// blocks in the background; past it appends wait until that is done.
  uint64_t head_bytes = 256 << 20;
  /// A head older than this is written out even if it is small.
  std::chrono::seconds head_age = std::chrono::hours(2);
  /// Requests that wait for the log or for room in the head; past it appends are refused.
  uint64_t inflight_bytes = 128 << 20;
  /// Decoded row groups and indexes of blocks kept for the next query.
  uint64_t cache_bytes = 64 << 20;
  uint64_t log_segment_bytes = 32 << 20;

  /// Blocks whose newest span started longer ago are removed.
  std::chrono::hours retention{336};
  /// Blocks and log together; the oldest blocks go first. Unset: 80 % of the file system.
  std::optional<uint64_t> max_bytes;

  /// Known tenants: those with blocks or spans at the start, and all that came since.
  size_t max_tenants = limits::kTenants;

  /// False: no thread is started, work is done in Store::pump(). For simulations.
  bool threads = true;
};

/// A trace that a search found.
struct FoundTrace {
  TraceId id;
  UnixNanos start;  // of its earliest span known to the store; 0 if no span has one

  bool operator==(const FoundTrace&) const = default;
};

struct FindResult {
  std::vector<FoundTrace> traces;  // newest start first, then by ID
  /// False when a deadline, a limit or damage kept the search from looking everywhere it had to.
  bool complete = true;
};

struct TraceResult {
  otlp::Batch spans;  // every span of the trace; exact duplicates (a retried export) once
  /// False when the trace is larger than limits::kSpansPerTrace or the bounds, or when a block is
  /// damaged.
  bool complete = true;
};

/// How far Store::trace may go.
struct Bounds {
  size_t bytes = limits::kTraceAnswerBytes;  // of spans, though always one span
  /// Asked before each head or block; true ends the call with what it has. Unset: never.
  std::function<bool()> is_over;
};

struct Operation {
  std::string name;
  otlp::SpanKind kind;

  auto operator<=>(const Operation&) const = default;
};

struct StoreStats {
  uint64_t head_spans = 0, head_traces = 0, head_bytes = 0;  // of active and frozen heads
  uint64_t blocks = 0, block_bytes = 0, log_bytes = 0;
  uint64_t damaged_sections = 0;  // met since the store was opened
  bool read_only = false;         // the log refuses appends: disk full or failing
};

/// Keeps spans and finds them again. Any thread may call any method; queries never wait for a
/// flush.
class Store {
 public:
  /// Takes the directory's lock, reads what blocks there are and rebuilds the head from the log.
  /// Fails with kUnavailable if another process has the directory, kUnsupported on files of another
  /// version, kInvalid on bad options, kIo if the disk fails.
  static Result<std::unique_ptr<Store>> open(StoreOptions options);

  /// close() and free everything.
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// Keeps a batch; bind it to an otlp::Sink. `accepted` is called once the batch is in the log as
  /// durably as configured and its spans are found by queries. Refuses with kUnavailable, before
  /// any work, when too much is in flight, the head is full, the disk is full or failing, or after
  /// close(); with kRejected when the tenant would be one too many.
  void append(const Tenant& tenant, otlp::Batch batch, otlp::Accepted accepted);

  /// All spans of a trace. Fails with kNotFound if there are none, with kIo if there are none in
  /// what could be read but a block is damaged, with kTimeout if the bounds ended it before.
  Result<TraceResult> trace(const Tenant& tenant, const TraceId& id, const Bounds& bounds = {});

  /// The `limit` newest traces that match, where a trace is as old as its earliest span. Looks at
  /// limits::kSearchScannedTraces at most and stops at `deadline`; says so in FindResult::complete.
  /// `cancelled`, if given, ends it like the deadline once it is true.
  FindResult find(const Tenant& tenant, const Filter& filter, size_t limit, UnixNanos deadline,
                  const std::atomic<bool>* cancelled = nullptr);

  /// Names of services that have spans, sorted; spans without service.name are left out. At most
  /// limits::kNamesPerAnswer; `is_over`, if given, is asked before each head or block and ends the
  /// call with what it has.
  std::vector<std::string> services(const Tenant& tenant,
                                    const std::function<bool()>& is_over = {});

  /// Operations of a service, or of all if it is empty; of one kind, or of all. Sorted. Bounded as
  /// services() is.
  std::vector<Operation> operations(const Tenant& tenant, const std::string& service,
                                    std::optional<otlp::SpanKind> kind,
                                    const std::function<bool()>& is_over = {});

  StoreStats stats() const;

  /// Writes everything appended so far into blocks and waits for it.
  Result<void> flush();

  /// Takes no more appends, finishes those in flight and stops the threads. What is only in the
  /// head stays safe in the log. Idempotent.
  void close();

  /// Without threads: does the log's and the flusher's next piece of work. True if there was some.
  bool pump();

 private:
  class Impl;
  explicit Store(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace clew::store
