#include "store/metrics.h"

namespace clew::store {
namespace {

/// In the order of Refused.
constexpr std::array<const char*, kRefusals> kReasons{"shutdown",  "disk_space", "log", "head",
                                                      "in_flight", "tenants",    "size"};

std::array<prometheus::Counter*, kRefusals> refused_counters() {
  std::array<prometheus::Counter*, kRefusals> counters{};
  for (size_t i = 0; i < kRefusals; ++i)
    counters[i] = &metrics::counter("clew_store_refused_batches_total", "Requests refused",
                                    {{"reason", kReasons[i]}});
  return counters;
}

}  // namespace

Metrics& Metrics::get() {
  using metrics::counter, metrics::gauge, metrics::histogram, metrics::latency_bounds;
  static Metrics instance{
      .appended_spans = counter("clew_store_appended_spans_total", "Spans acknowledged"),
      .appended_bytes =
          counter("clew_store_appended_bytes_total", "Bytes of OTLP requests acknowledged"),
      .refused_batches = refused_counters(),
      .read_only = gauge("clew_store_read_only",
                         "1 while spans are refused: the disk is nearly full or failing"),
      .replayed_spans =
          counter("clew_store_replayed_spans_total", "Spans read back from the log at start"),
      .log_bytes = counter("clew_store_log_written_bytes_total", "Bytes written to the log"),
      .log_errors =
          counter("clew_store_log_errors_total", "Writes or syncs of the log that failed"),
      .lost_records = counter("clew_store_log_lost_records_total",
                              "Requests acknowledged from memory that the log could not write"),
      .log_sync_seconds = histogram("clew_store_log_sync_seconds",
                                    "How long one fdatasync of the log took", {}, latency_bounds()),
      .head_bytes = gauge("clew_store_head_bytes", "Memory held by spans that are in no block yet"),
      .head_spans = gauge("clew_store_head_spans", "Spans that are in no block yet"),
      .flushes = counter("clew_store_flushes_total", "Heads written to blocks"),
      .flush_errors =
          counter("clew_store_flush_errors_total", "Flushes that failed; they are retried"),
      .flush_seconds = histogram("clew_store_flush_seconds", "How long one flush took", {},
                                 {0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60}),
      .compactions = counter("clew_store_compactions_total", "Merges of blocks"),
      .compaction_errors = counter("clew_store_compaction_errors_total",
                                   "Merges that failed; the blocks stay as they are"),
      .compaction_seconds = histogram("clew_store_compaction_seconds", "How long one merge took",
                                      {}, {0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300}),
      .duplicates = counter("clew_store_duplicate_spans_total",
                            "Spans that were there already, dropped while blocks were written"),
      .blocks = gauge("clew_store_blocks", "Blocks stored"),
      .block_bytes = gauge("clew_store_block_bytes", "Bytes of the blocks stored"),
      .retention_blocks =
          counter("clew_store_retention_removed_blocks_total", "Blocks removed by age or size"),
      .damaged_sections = counter("clew_store_damaged_sections_total",
                                  "Sections of blocks and frames of the log found damaged"),
      .cache_hits = counter("clew_store_cache_hits_total", "Parts of blocks found in memory"),
      .cache_misses = counter("clew_store_cache_misses_total", "Parts of blocks read from disk"),
  };
  return instance;
}

}  // namespace clew::store
