// What an operator asks of a store, under /metrics.
#pragma once

#include "base/metrics.h"

namespace clew::store {

/// The store's metrics; one set per process.
struct Metrics {
  prometheus::Counter& appended_spans;
  prometheus::Counter& appended_bytes;
  prometheus::Counter& refused_batches;
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
  prometheus::Gauge& blocks;
  prometheus::Gauge& block_bytes;
  prometheus::Counter& retention_blocks;
  prometheus::Counter& damaged_sections;
  prometheus::Counter& cache_hits;
  prometheus::Counter& cache_misses;

  static Metrics& get();
};

}  // namespace clew::store
