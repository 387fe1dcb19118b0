// What is not yet in a block: spans in memory, as rows of numbers.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <vector>

#include "base/tenant.h"
#include "otlp/batch.h"
#include "store/code_sets.h"
#include "store/head_columns.h"
#include "store/log.h"
#include "store/part.h"
#include "store/rows.h"
#include "store/stable_vector.h"
#include "store/word_arena.h"

namespace clew::store {

/// A span of a head. Rows of a trace form a chain from the newest backwards.
struct HeadRow {
  RowFields fields;
  uint32_t trace;     // its number
  uint32_t previous;  // row of the same trace, or kNoCell
  uint32_t operation;
  uint32_t resource;
  uint32_t scope;
  uint32_t shape;
  uint32_t cells;  // place in the arena
};

struct HeadTrace {
  TraceId id;
  UnixNanos min_start = 0;  // of the spans whose start is known; 0 if there is none
  UnixNanos max_start = 0;
  UnixNanos max_end = 0;
  uint32_t last_row = kNoCell;
  uint32_t rows = 0;
  uint32_t next = kNoCell;  // another trace whose ID has the same right half
};

/// When rows start.
struct RowStarts {
  UnixNanos least = UINT64_MAX;
  /// No trace of one of them starts after this: UINT64_MAX if one has no start, since its trace may
  /// have any.
  UnixNanos most = 0;

  void add(UnixNanos start) {
    least = std::min(least, start);
    most = std::max(most, start == 0 ? UINT64_MAX : start);
  }
};

/// Rows of a head that came one after the other, of which it is known together what they have.
struct HeadRun {
  static constexpr uint32_t kRows = 4096;
  /// Numbers of `codes`; columns are from kColumns on.
  enum Set : uint8_t { kOperations, kResources, kScopes, kColumns };

  RowStarts starts;
  CodeSets codes;
};

/// What a head held at one moment. Any thread; valid as long as its HeadTenant.
class HeadSnapshot final : public Vocabulary {
 public:
  uint32_t operations() const override { return static_cast<uint32_t>(operations_.size()); }
  std::string_view operation(uint32_t code) const override { return operations_[code]; }
  uint32_t resources() const override { return static_cast<uint32_t>(resources_.size()); }
  std::string_view resource(uint32_t code) const override { return resources_[code]; }
  uint32_t scopes() const override { return static_cast<uint32_t>(scopes_.size()); }
  std::string_view scope(uint32_t code) const override { return scopes_[code]; }
  uint32_t shapes() const override { return static_cast<uint32_t>(shapes_.size()); }
  std::span<const uint32_t> shape(uint32_t code) const override { return shapes_[code]; }
  uint32_t columns() const override { return static_cast<uint32_t>(columns_.size()); }
  const ColumnKey& column(uint32_t column) const override { return columns_[column].head->key(); }
  uint32_t values(uint32_t column) const override {
    return static_cast<uint32_t>(columns_[column].values.size());
  }
  std::string_view value(uint32_t column, uint32_t cell) const override {
    return (cell & kLiteral) != 0 ? words_.bytes(cell & ~kLiteral) : columns_[column].values[cell];
  }
  bool has_literals(uint32_t column) const override { return columns_[column].has_literals; }
  /// Only when nothing is inserted any more.
  bool is_rare(uint32_t column, uint32_t code) const override {
    return columns_[column].head->is_rare(code);
  }

  uint32_t rows() const { return static_cast<uint32_t>(rows_.size()); }
  Row row(uint32_t number) const {
    const HeadRow& row = rows_[number];
    return {row.fields, row.operation, row.resource, row.scope, row.shape, words_.at(row.cells)};
  }
  const HeadRow& head_row(uint32_t number) const { return rows_[number]; }
  const uint32_t* cells(const HeadRow& row) const { return words_.at(row.cells); }
  uint32_t previous(uint32_t number) const { return rows_[number].previous; }

  /// Runs that are full; the first has the rows from 0.
  uint32_t runs() const { return static_cast<uint32_t>(runs_.size()); }
  const HeadRun& run(uint32_t number) const { return runs_[number]; }
  /// Of the rows behind the last run.
  const RowStarts& last_starts() const { return last_starts_; }

 private:
  friend class HeadTenant;
  struct Column {
    const HeadColumn* head;
    Dictionary::Values values;
    bool has_literals;
  };

  Dictionary::Values operations_, resources_, scopes_;
  StableVector<std::vector<uint32_t>, 64> shapes_;
  std::vector<Column> columns_;
  StableVector<HeadRow, 256> rows_;
  StableVector<HeadRun, 64> runs_;
  RowStarts last_starts_;
  WordArena::View words_;
};

class HeadCallList;

/// One tenant's spans of a head.
class HeadTenant {
 public:
  HeadTenant();

  /// No other of this process has it.
  uint64_t number() const { return number_; }

  /// Adds a batch; returns by how many bytes of memory the tenant grew. One thread.
  uint64_t insert(const otlp::Batch& batch);

  HeadSnapshot snapshot() const;
  /// The snapshot, and visit(number, trace) for every trace in it.
  template <typename Visit>
  HeadSnapshot snapshot(Visit&& visit) const {
    std::shared_lock lock(mutex_);
    for (size_t i = 0; i < traces_.size(); ++i) visit(static_cast<uint32_t>(i), traces_[i]);
    return snapshot_locked();
  }
  /// Traces with spans of the ID, in either of its forms (is_same_trace).
  std::vector<HeadTrace> find(const TraceId& id) const;

  /// The traces of these numbers, as HeadRow::trace has them.
  std::vector<HeadTrace> traces(std::span<const uint32_t> numbers) const;

  size_t trace_count() const;
  UnixNanos newest_trace_start() const;
  /// Copies of the dictionary of operations.
  Dictionary::Values operations() const;

  /// The calls as they were counted last, for the next count; null if they never were.
  std::shared_ptr<const HeadCallList> calls() const;
  void keep_calls(std::shared_ptr<const HeadCallList> calls) const;

 private:
  /// The codes of a resource and a scope of the batch that is being inserted.
  struct GroupCodes {
    std::vector<uint32_t> resources, scopes;
  };

  GroupCodes codes_of_groups(const otlp::Batch& batch);
  void insert_span(const otlp::Batch& batch, const otlp::SpanRef& ref, const GroupCodes& codes);
  uint32_t operation_of(std::string_view service);
  uint32_t add_cells();
  void end_run();
  uint32_t trace_of(const TraceId& id);
  HeadSnapshot snapshot_locked() const;
  uint64_t memory_bytes() const;

  const uint64_t number_;
  mutable std::shared_mutex mutex_;  // of everything below
  StableVector<HeadRow, 256> rows_;
  StableVector<HeadTrace, 256> traces_;
  absl::flat_hash_map<uint64_t, uint32_t> trace_numbers_;  // by the right half of the ID
  Dictionary operations_, resources_, scopes_;
  ShapeTrie trie_;
  WordArena words_;
  StableVector<HeadRun, 64> runs_;  // that are full
  RowStarts run_starts_;            // of the one that is not, as are the next
  CodeSet run_operations_, run_resources_, run_scopes_;
  uint64_t runs_memory_ = 0;
  UnixNanos newest_trace_start_ = 0;
  uint64_t known_memory_ = 0;

  /// A literal of the span that is being inserted, and where its cell goes.
  struct Literal {
    HeadColumn* column;
    std::string_view bytes;
    uint64_t hash;
    size_t place;
  };

  mutable std::mutex calls_mutex_;
  mutable std::shared_ptr<const HeadCallList> calls_;

  SpanCutter cutter_;  // memory that is used again
  std::vector<Literal> literals_;
  std::vector<uint32_t> scratch_;
  std::string key_;
};

/// Everything between two flushes. One thread inserts; any thread reads.
class Head {
 public:
  /// Adds a batch and remembers that the log is covered up to and with `position`.
  void insert(LogPosition position, const Tenant& tenant, const otlp::Batch& batch);

  /// The tenant's spans so far, and those that still come; null if it has none.
  std::shared_ptr<const Part> part(const Tenant& tenant) const;

  struct Contents {
    Tenant tenant;
    std::shared_ptr<const HeadTenant> spans;
  };
  std::vector<Contents> tenants() const;

  uint64_t bytes() const { return bytes_; }
  uint64_t spans() const { return spans_; }
  uint64_t traces() const;
  bool empty() const { return spans_ == 0; }
  /// Every record before this that was acknowledged is in here or in a block.
  LogPosition log_end() const { return log_end_; }

 private:
  std::shared_ptr<HeadTenant> tenant(const Tenant& tenant);

  mutable std::shared_mutex mutex_;  // of the map
  std::map<Tenant, std::shared_ptr<HeadTenant>> tenants_;
  std::atomic<uint64_t> bytes_ = 0;
  std::atomic<uint64_t> spans_ = 0;
  std::atomic<LogPosition> log_end_ = 0;
};

}  // namespace clew::store
