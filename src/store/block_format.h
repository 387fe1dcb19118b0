// The bytes of a block: an immutable file of one tenant's spans, sorted by trace ID.
//
//   +--------------------------------------------+
//   | magic "CLEWBLK\n"                          |
//   | row groups, one behind the other           |  each an ExportTraceServiceRequest, zstd
//   | sections: operations, groups, traces,      |  each zstd
//   |           trace filter, tag filters        |
//   | footer                                     |
//   | trailer                                    |
//   +--------------------------------------------+
//
//   footer, 216 bytes                              trailer, 24 bytes
//   +-----+----+------------------------------+    +----+----+------------------------------+
//   |   0 | 32 | operations: offset u64,      |    |  0 |  4 | version                      |
//   |     |    |   stored bytes u64, raw      |    |  4 |  4 | bytes of footer              |
//   |     |    |   bytes u64, checksum u64 of |    |  8 |  8 | checksum of footer and       |
//   |     |    |   what is stored             |    |    |    |   bytes 0 to 7               |
//   |  32 | 32 | groups       (the same)      |    | 16 |  8 | magic "CLEWBLK\n"            |
//   |  64 | 32 | traces                       |    +----+----+------------------------------+
//   |  96 | 32 | trace filter                 |
//   | 128 | 32 | tag filters                  |    Numbers are little-endian, checksums are
//   | 160 |  8 | log end (see BlockFooter)    |    XXH3-64. The trailer is the same in every
//   | 168 |  8 | earliest start of a span     |    version, so an old program can tell a new
//   | 176 |  8 | latest start of a span       |    block from a damaged one.
//   | 184 |  8 | latest start of a trace      |
//   | 192 |  8 | spans                        |
//   | 200 |  4 | traces                       |
//   | 204 |  4 | row groups                   |
//   | 208 |  8 | when the block was written   |
//   +-----+----+------------------------------+
//
//   operations: count u32, then each: kind u8, service (length u32, bytes), name (the same)
//   groups:     count u32, then each: offset u64, stored bytes u32, raw bytes u32, checksum u64,
//               earliest and latest start u64, shortest and longest duration u64, tag filter's
//               offset and bytes u32 in the section of them, count u32 and numbers u32 of its
//               operations
//   traces:     count u32, then column by column, in order of ID: ID 16 bytes, earliest start u64,
//               latest start u64, first row group u32, last row group u32, spans u32
//   trace filter: a Bloom filter (bloom.h) of the trace IDs' bytes 8 to 15 as u64
//   tag filters:  a Bloom filter of tag_hash(key, value) for each row group
//
// A start of 0 is not known: it is a trace's or a block's earliest only if there is no other.
//
// Spans of one trace stand in one row group, or in neighbouring ones if they do not fit.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/result.h"
#include "store/log.h"
#include "store/part.h"

namespace clew::store::block_format {

inline constexpr std::string_view kMagic = "CLEWBLK\n";
inline constexpr uint32_t kVersion = 1;
inline constexpr size_t kTrailerBytes = 24;
inline constexpr size_t kSectionRefBytes = 32;

/// A row group is closed when it would pass this: small enough to decode for one trace, large
/// enough to compress well.
inline constexpr size_t kRowGroupBytes = 256 << 10;
/// No row group is larger: what was there before and one span of the largest request.
inline constexpr size_t kMaxRowGroupBytes = limits::kDecompressedBytes + (1 << 20);
/// No section is larger, stored or raw. A writer starts a new block long before.
inline constexpr size_t kMaxSectionBytes = 1 << 30;

enum Section : uint8_t { kOperations, kGroups, kTraces, kTraceFilter, kTagFilters, kSections };
std::string_view name_of(Section section);

inline constexpr size_t kFooterBytes =
    kSections * kSectionRefBytes + 6 * sizeof(uint64_t) + 2 * sizeof(uint32_t);
static_assert(kFooterBytes == 216);

struct SectionRef {
  uint64_t offset = 0;
  uint64_t stored_bytes = 0;
  uint64_t raw_bytes = 0;
  uint64_t checksum = 0;
};

struct Footer {
  std::array<SectionRef, kSections> sections;
  /// Every record of this tenant before this position of the log is in this block or in one before
  /// it. 0 for all but the last of the blocks that one flush makes, so that none is missed.
  LogPosition log_end = 0;
  UnixNanos min_start = 0;
  UnixNanos max_start = 0;
  UnixNanos newest_trace_start = 0;
  uint64_t spans = 0;
  uint32_t traces = 0;
  uint32_t groups = 0;
  UnixNanos written_at = 0;

  /// The start that retention goes by. A start in the far future would keep the block for ever, and
  /// none at all remove it at once: neither counts for more than the time of writing.
  UnixNanos newest_start() const {
    return max_start == 0 ? written_at : std::min(max_start, written_at);
  }
};

struct RowGroup {
  uint64_t offset = 0;
  uint32_t stored_bytes = 0;
  uint32_t raw_bytes = 0;
  uint64_t checksum = 0;
  UnixNanos min_start = 0;
  UnixNanos max_start = 0;
  uint64_t min_duration = 0;
  uint64_t max_duration = 0;
  uint32_t filter_offset = 0;
  uint32_t filter_bytes = 0;
  std::vector<uint32_t> operations;
};

/// The traces of a block, column by column, in order of ID.
struct Traces {
  std::vector<TraceId> ids;
  std::vector<UnixNanos> min_start;
  std::vector<UnixNanos> max_start;
  std::vector<uint32_t> first_group;
  std::vector<uint32_t> last_group;
  std::vector<uint32_t> spans;

  size_t size() const { return ids.size(); }
  /// Row of the trace, or size() if it is not here.
  size_t find(const TraceId& id) const;
};

uint64_t checksum(std::string_view bytes);
/// What the trace filter holds of an ID.
uint64_t filter_hash(const TraceId& id);

/// Footer and trailer. A version other than kVersion is for tests.
std::string encode_footer(const Footer& footer, uint32_t version = kVersion);
/// Bytes of the footer that a trailer announces. Fails with kMalformed if it is none.
Result<size_t> footer_bytes(std::string_view trailer);
/// `tail` is footer and trailer, of a file of `file_bytes`. Fails with kMalformed on damage, with
/// kUnsupported on another version. Every section lies in the file.
Result<Footer> decode_footer(std::string_view tail, uint64_t file_bytes);

std::string encode_operations(const std::vector<OperationKey>& operations);
Result<std::vector<OperationKey>> decode_operations(std::string_view bytes);

std::string encode_groups(const std::vector<RowGroup>& groups);
/// Every group lies in the file and within the limits.
Result<std::vector<RowGroup>> decode_groups(std::string_view bytes, uint64_t file_bytes);

std::string encode_traces(const Traces& traces);
/// IDs ascend, and row groups are in order and less than `groups`.
Result<Traces> decode_traces(std::string_view bytes, size_t groups);

}  // namespace clew::store::block_format
