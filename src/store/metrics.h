// What an operator asks of a store, under /metrics.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/metrics.h"

namespace clew::store {

/// Why a request was not taken.
enum class Refused : uint8_t {
  kClosing,   // the store is shutting down
  kSpace,     // the disk is nearly full
  kLog,       // the log could not be written
  kHead,      // the head is full and cannot be written to blocks
  kInflight,  // too many requests wait
  kTenants,   // one tenant too many
  kSize,      // larger than a store in memory takes at once
};
inline constexpr size_t kRefusals = 7;

/// The store's metrics; one set per process.
struct Metrics {
  prometheus::Counter& appended_spans;
  prometheus::Counter& appended_bytes;
  std::array<prometheus::Counter*, kRefusals> refused_batches;
  prometheus::Gauge& read_only;
  prometheus::Counter& replayed_spans;
  prometheus::Counter& log_bytes;
  prometheus::Counter& log_errors;
  prometheus::Counter& lost_records;
  prometheus::Histogram& log_sync_seconds;
  prometheus::Gauge& head_bytes;
  prometheus::Gauge& head_spans;
  prometheus::Counter& flushes;
  prometheus::Counter& flush_errors;
  prometheus::Histogram& flush_seconds;
  prometheus::Counter& compactions;
  prometheus::Counter& compaction_errors;
  prometheus::Histogram& compaction_seconds;
  prometheus::Counter& duplicates;
  prometheus::Gauge& blocks;
  prometheus::Gauge& block_bytes;
  prometheus::Counter& retention_blocks;
  prometheus::Counter& damaged_sections;
  prometheus::Counter& cache_hits;
  prometheus::Counter& cache_misses;

  prometheus::Counter& refused(Refused why) { return *refused_batches[static_cast<size_t>(why)]; }

  static Metrics& get();
};

}  // namespace clew::store
