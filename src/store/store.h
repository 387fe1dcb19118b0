// The store: log → head → blocks, and the way back out. One directory, one process.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "base/limits.h"
#include "base/result.h"
#include "base/tenant.h"
#include "otlp/sink.h"
#include "store/filter.h"
#include "store/log.h"
#include "store/retention.h"
#include "store/span_outline.h"
#include "store/trace_state.h"

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
  /// Spans in heads and blocks together; the oldest blocks go first. A sixteenth of it is the
  /// heads', and a request of more than that is refused. Unset: any number.
  std::optional<uint64_t> max_spans = {};
  /// What is different for some tenants.
  RetentionOverrides retention_overrides = {};

  /// Traces one tenant may pin.
  size_t max_pinned = limits::kPinnedTraces;

  /// Below this many free bytes on the disk appends are refused, until a quarter more is free.
  /// Unset: default_min_free_bytes(). 0: only when a write fails.
  std::optional<uint64_t> min_free_bytes = {};

  /// Known tenants: those with blocks or spans at the start, and all that came since.
  size_t max_tenants = limits::kTenants;

  /// Segments of fewer rows are written again when blocks are merged. Other values are for tests.
  uint64_t small_segment_rows = 64 << 10;

  /// False: no thread is started, work is done in Store::pump(). For simulations.
  bool threads = true;

  /// Only look: take no lock, so that a server may run on the directory, change nothing on disk and
  /// refuse appends, pins and flushes. The store is as it was when it was opened; what is only in
  /// the log is read into memory, whatever head_bytes says.
  bool read_only = false;
};

/// A trace that a search found.
struct FoundTrace {
  TraceId id;       // the 128-bit form, if a span of it has one
  UnixNanos start;  // of its earliest span known to the store; 0 if no span has one

  bool operator==(const FoundTrace&) const = default;
};

struct FindResult {
  std::vector<FoundTrace> traces;  // newest start first, then by ID
  /// False when a deadline or damage kept the search from looking everywhere it had to.
  bool complete = true;
  /// False if certainly no trace comes after these, or if the search ended before it had as many as
  /// were asked for.
  bool more = false;
};

struct TraceResult {
  otlp::Batch spans;  // every span of the trace; exact duplicates (a retried export) once
  /// False when the trace is larger than limits::kSpansPerTrace or the bounds, or when a block is
  /// damaged.
  bool complete = true;
};

/// How much of a trace Store::trace reads.
struct Bounds {
  size_t bytes = limits::kTraceAnswerBytes;  // of spans, though always one span
  /// Asked before each head or block; true ends the call with what it has. Unset: never.
  std::function<bool()> is_over = {};
  /// Of spans; others are left out. Copies of a span that differ in nothing else are then one span.
  AttributeChoice attribute = {};
};

struct PinnedTrace {
  uint64_t spans = 0;
  /// False when a limit or damage kept some spans out.
  bool complete = true;
};

struct Operation {
  std::string name;
  otlp::SpanKind kind;

  auto operator<=>(const Operation&) const = default;
};

/// An attribute that spans have.
struct TagName {
  AttributeScope scope;
  std::string key;

  auto operator<=>(const TagName&) const = default;
};

/// One value of an attribute; 503 as a text and as an int are two.
struct TagValue {
  std::string text;  // otlp::Value::text
  otlp::ValueType type;

  auto operator<=>(const TagValue&) const = default;
};

struct StoreStats {
  uint64_t head_spans = 0, head_traces = 0, head_bytes = 0;  // of active and frozen heads
  uint64_t blocks = 0, block_bytes = 0, log_bytes = 0;
  uint64_t damaged_sections = 0;  // met since the store was opened
  std::string read_only_reason;   // why appends are refused, for a person; empty: they are not
};

class ColumnScan;
struct CallCount;
class Part;
struct StartRange;
class TraceCursor;

/// A trace that is read little by little. Holds what it reads, whatever the store does meanwhile.
/// One call at a time.
class TraceReading {
 public:
  using SpanVisitor = std::function<void(const otlp::Batch&, const otlp::SpanRef&)>;

  TraceReading(std::vector<std::shared_ptr<const Part>> parts, const TraceId& id);
  ~TraceReading();

  /// What is being read, to be compared: where a later one is equal, visit_outlines() visits the
  /// same spans, if this was asked first. nullopt if that cannot be told: something is damaged.
  std::optional<TraceState> state() const;

  /// As Store::visit_outlines.
  bool visit_outlines(const OutlineVisitor& visit);

  /// Visits the next spans, some thousands; false if there are none left. One that was sent twice
  /// may come twice.
  bool next(const SpanVisitor& visit);

  /// False once something could not be read.
  bool complete() const { return complete_; }

 private:
  std::vector<std::shared_ptr<const Part>> parts_;
  const TraceId id_;
  size_t part_ = 0;
  std::unique_ptr<TraceCursor> cursor_;  // of that part; null: not opened yet
  bool complete_ = true;
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
  /// any work, when too much is in flight, the head is full, the disk is nearly full or failing, or
  /// after close(); with kRejected when the tenant would be one too many; with kTooLarge when there
  /// is StoreOptions::max_spans and the request is larger than the head may be.
  void append(const Tenant& tenant, otlp::Batch batch, otlp::Accepted accepted);

  /// All spans of a trace, by either form of its ID (store::is_same_trace). Fails with kNotFound if
  /// there are none, with kIo if there are none in what could be read but a block is damaged, with
  /// kTimeout if the bounds ended it before.
  Result<TraceResult> trace(const Tenant& tenant, const TraceId& id, const Bounds& bounds = {});

  /// Visits the spans of a trace without their attributes, as they stand in the parts: one that was
  /// sent twice may come twice. The value says whether all of it could be read.
  bool visit_outlines(const Tenant& tenant, const TraceId& id, const OutlineVisitor& visit);

  /// The trace as it is now, to be read little by little.
  std::unique_ptr<TraceReading> read_trace(const Tenant& tenant, const TraceId& id);

  /// Visits what is wanted of the trace, a span that was sent twice as often as it stands in the
  /// parts. The value says whether all of it could be read.
  bool visit_some_spans(const Tenant& tenant, const TraceId& id, const SpanChoice& wanted,
                        const std::function<void(const otlp::Batch&, const otlp::SpanRef&)>& visit);

  /// The `limit` newest traces that match, where a trace is as old as its earliest span; only those
  /// that come after `after` in the order of FindResult, if it is given. Misses none that exists
  /// unless it stops at `deadline` or meets damage, and says so in FindResult::complete.
  /// `cancelled`, if given, ends it like the deadline once it is true.
  FindResult find(const Tenant& tenant, const Query& query, size_t limit, UnixNanos deadline,
                  const std::atomic<bool>* cancelled = nullptr,
                  const std::optional<FoundTrace>& after = std::nullopt);

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

  /// Attributes that spans have, in `scope` or in any, sorted. Bounded as services() is.
  std::vector<TagName> tag_names(const Tenant& tenant, std::optional<AttributeScope> scope,
                                 const std::function<bool()>& is_over = {});

  /// The first `limit` (at most limits::kNamesPerAnswer) values of an attribute that begin with
  /// `prefix`, sorted. Of values that hardly repeat some may be missing. `is_over` as in
  /// services().
  std::vector<TagValue> tag_values(const Tenant& tenant, std::optional<AttributeScope> scope,
                                   std::string_view key, std::string_view prefix, size_t limit,
                                   const std::function<bool()>& is_over = {});

  /// Shows the scan all spans that start when it wants. A span that was sent twice may come twice.
  /// The value says whether all of them could be read; `is_over`, if given, is asked before each
  /// head or block and ends it.
  bool scan_columns(const Tenant& tenant, ColumnScan& scan,
                    const std::function<bool()>& is_over = {});

  /// Who calls whom: spans that start in the range and whose parent is of another service. A span
  /// that was sent twice counts once. As CallCounter::count.
  CallCount count_calls(const Tenant& tenant, const StartRange& range,
                        const std::function<bool()>& is_over = {});

  /// Keeps a trace beyond retention: all its spans known now are copied into a block of their own.
  /// Pinning it again takes what has come since. Fails as trace() does; with kRejected past
  /// StoreOptions::max_pinned; with kIo when it is pinned already and cannot be read in full; with
  /// kUnavailable when the disk is full.
  Result<PinnedTrace> pin(const Tenant& tenant, const TraceId& id);

  /// Gives the trace back to retention. Fails with kNotFound if it is not pinned.
  Result<void> unpin(const Tenant& tenant, const TraceId& id);

  /// Sorted; without those whose block is damaged.
  std::vector<TraceId> pinned(const Tenant& tenant) const;

  StoreStats stats() const;

  /// Writes everything appended so far into blocks and waits for it.
  Result<void> flush();

  /// Merges what blocks of a day can be merged, and waits for it. Compaction goes on by itself;
  /// this is for tests and tools that want the end of it.
  void compact();

  /// Takes no more appends, finishes those in flight and stops the threads. What is only in the
  /// head stays safe in the log. Idempotent.
  void close();

  /// Without threads: does the next piece of work of log, flusher and compactor. True if there was
  /// some.
  bool pump();

 private:
  class Impl;
  explicit Store(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace clew::store
