// The bytes of a block: an immutable file of one tenant's spans, trace by trace in order of time.
//
//   +--------------------------------------------+
//   | magic "CLEWBLK\n"                          |
//   | segments: of each                          |
//   |   row groups, one behind the other         |  some thousand spans each, column by column
//   |   tables: sections of columns              |  dictionaries, ranks, templates, presence
//   |   sections: groups, chunks                 |
//   | sections: traces, segments                 |
//   | footer                                     |
//   | trailer                                    |
//   +--------------------------------------------+
//
// A segment's row groups and tables stand on nothing outside of it, so a merge copies them as
// bytes.
//
//   footer, 128 bytes                              trailer, 24 bytes
//   +-----+----+------------------------------+    +----+----+------------------------------+
//   |   0 | 32 | segments: offset u64,        |    |  0 |  4 | version                      |
//   |     |    |   stored bytes u64, raw      |    |  4 |  4 | bytes of footer              |
//   |     |    |   bytes u64, checksum u64 of |    |  8 |  8 | checksum of footer and       |
//   |     |    |   what is stored             |    |    |    |   bytes 0 to 7               |
//   |  32 | 32 | traces       (the same)      |    | 16 |  8 | magic "CLEWBLK\n"            |
//   |  64 |  8 | log end (see Footer)         |    +----+----+------------------------------+
//   |  72 |  8 | earliest start of a span     |
//   |  80 |  8 | latest start of a span       |    Numbers are little-endian, checksums are
//   |  88 |  8 | latest start of a trace      |    XXH3-64. The trailer is the same in every
//   |  96 |  8 | spans                        |    version, so an old program can tell a new
//   | 104 |  4 | traces                       |    block from a damaged one.
//   | 108 |  4 | segments                     |
//   | 112 |  8 | when the block was written   |    Sections are zstd, but for the traces: pages of
//   | 120 |  8 | zero                         |    trace_index.cc, with a checksum each.
//   +-----+----+------------------------------+
//
// A row group is a run of chunks, each a checksum (u32, the low half of XXH3-64) and then codecs
// (src/store/codec/). A group has n rows and t traces, or pieces of one trace too large for it:
//
//   number        what                    codecs, one behind the other
//   ------        ----                    ----------------------------
//   0 traces      where they end          numbers: rows of each trace
//                                         u64: start of the first; numbers: start of each (earliest
//                                         start of its spans), zigzag difference to the one before
//   1 trace IDs                           t * 16 bytes, as they are
//   2 span IDs                            n * 8 bytes, as they are
//   3 parents                             numbers: 0 none, 1 all zero, 2 an ID that stands in the
//                                         bytes behind, 3 + zigzag(row - row of the parent)
//                                         bytes: IDs of those with 2
//   4 starts                              numbers: zigzag difference to the row before, in the
//   first
//                                         row of a trace to the start of the trace
//   5 lengths                             numbers: end - start, wrapping around
//   8 + 2 c       codes of column c       bytes: a rank for each row that has the column;
//                                         numbers: the code where the rank is an escape
//   9 + 2 c       literals of column c    texts, numbers (zigzag for ints), or raw: numbers of
//                                         lengths and bytes
//
// Columns 0 to 3 are operation, resource, scope and shape, which every row has; the shape says
// which of the others. A code is 0 for a literal, 1 for the literal that the column had before in
// this piece of the trace, else 2 + the dictionary's code. Ranks: see codec/ranks.h; the context is
// a code of another column in the same row, or of the same column before in this piece of the
// trace, plus 1; 0 where there is none. All tables are the segment's, so a row group decodes alone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "base/result.h"
#include "store/log.h"
#include "store/span_parts.h"

namespace clew::store::block_format {

inline constexpr std::string_view kMagic = "CLEWBLK\n";
inline constexpr uint32_t kVersion = 2;
inline constexpr size_t kTrailerBytes = 24;
inline constexpr size_t kSectionRefBytes = 32;

/// A row group is closed at the end of the trace that reaches this: small enough to decode for one
/// trace, large enough to compress well (facts of an experiment: half or double cost little).
inline constexpr uint32_t kGroupRows = 4096;
/// No row group has more rows; a larger trace is cut into pieces.
inline constexpr uint32_t kMaxGroupRows = 8192;
/// Cells of one row. A writer makes limits::kCellsPerSpan and some; past this a block is damaged.
inline constexpr uint32_t kMaxRowCells = 4096;
/// A row group is closed when its literals reach this.
inline constexpr size_t kGroupLiteralBytes = 4 << 20;
/// No column of a row group has more: what was there before and one span of the largest request.
inline constexpr size_t kMaxLiteralBytes = kGroupLiteralBytes + 2 * limits::kDecompressedBytes;
/// No section is larger, stored or raw. A writer starts a new block long before.
inline constexpr size_t kMaxSectionBytes = 1 << 30;
/// Columns that are no attributes: operation, resource, scope, shape.
inline constexpr uint32_t kOwnColumns = 4;
enum OwnColumn : uint32_t { kOperation, kResource, kScope, kShape };

enum Chunk : uint32_t {
  kTraces,
  kTraceIds,
  kSpanIds,
  kParents,
  kStarts,
  kLengths,
  kFirstColumnChunk = 8
};
constexpr uint32_t codes_chunk(uint32_t column) {
  return kFirstColumnChunk + 2 * column;
}
constexpr uint32_t literals_chunk(uint32_t column) {
  return kFirstColumnChunk + 2 * column + 1;
}
inline constexpr size_t kChunkChecksumBytes = 4;

inline constexpr uint32_t kLiteralCode = 0, kRepeatCode = 1, kFirstCode = 2;

inline constexpr size_t kFooterBytes = 2 * kSectionRefBytes + 8 * 8;
static_assert(kFooterBytes == 128);

struct SectionRef {
  uint64_t offset = 0;
  uint64_t stored_bytes = 0;
  uint64_t raw_bytes = 0;
  uint64_t checksum = 0;
};

struct Footer {
  SectionRef segments, trace_index;
  /// Every record of this tenant before this position of the log is in this block or in one before
  /// it. 0 for all but the last of the blocks that one flush makes, so that none is missed.
  LogPosition log_end = 0;
  UnixNanos min_start = 0;
  UnixNanos max_start = 0;
  UnixNanos newest_trace_start = 0;
  uint64_t spans = 0;
  uint32_t traces = 0;  // pieces of one count each
  uint32_t segment_count = 0;
  UnixNanos written_at = 0;

  /// The start that retention goes by. A start in the far future would keep the block for ever, and
  /// none at all remove it at once: neither counts for more than the time of writing.
  UnixNanos newest_start() const {
    return max_start == 0 ? written_at : std::min(max_start, written_at);
  }
};

/// Spans with tables of their own.
struct Segment {
  uint64_t groups_at = 0;  // offset of the first row group
  uint64_t tables_at = 0;  // offset of what belongs to columns; their sections count from here
  uint64_t tables_bytes = 0;
  SectionRef columns;         // counts from tables_at
  SectionRef groups, chunks;  // count from the beginning of the file
  UnixNanos min_start = 0, max_start = 0, newest_trace_start = 0;
  uint64_t spans = 0;
  uint32_t traces = 0, first_trace = 0;  // its number in the block
  uint32_t group_count = 0, column_count = 0;
};

/// By what the code of a column is foretold.
enum class ContextKind : uint8_t { kNone, kPrevious, kColumn };
struct Context {
  ContextKind kind = ContextKind::kNone;
  uint32_t column = 0;  // for kColumn; less than the column itself
};

/// One column of a segment. Its sections count from Segment::tables_at.
struct Column {
  ColumnKey key;  // no meaning for the first kOwnColumns
  uint32_t values = 0;
  Context context;
  bool has_literals = false;
  SectionRef dictionary, ranks, templates, presence;
};

/// One row group. One that a merge left out has no rows, so that the others keep their numbers.
struct Group {
  uint64_t offset = 0;  // in the file
  uint64_t bytes = 0;
  uint32_t rows = 0;
  uint32_t traces = 0;
  uint32_t first_trace = 0;  // its number in the segment
  UnixNanos min_trace_start = 0, max_trace_start = 0;
  UnixNanos min_start = 0, max_start = 0;
  uint64_t min_duration = 0, max_duration = 0;
};

/// Where the chunks of a row group lie in it, by number of chunk, ascending.
struct ChunkRef {
  uint32_t chunk;
  uint32_t offset;
  uint32_t bytes;
};

/// The chunks of all groups.
struct Chunks {
  std::vector<uint32_t> begins;  // by group, and one more
  std::vector<ChunkRef> refs;

  /// nullptr if the group has no such chunk.
  const ChunkRef* find(uint32_t group, uint32_t chunk) const;
};

uint64_t checksum(std::string_view bytes);

/// Footer and trailer. A version other than kVersion is for tests.
std::string encode_footer(const Footer& footer, uint32_t version = kVersion);
/// Bytes of the footer that a trailer announces. Fails with kMalformed if it is none.
Result<size_t> footer_bytes(std::string_view trailer);
/// `tail` is footer and trailer, of a file of `file_bytes`. Fails with kMalformed on damage, with
/// kUnsupported on another version. Every section lies in the file.
Result<Footer> decode_footer(std::string_view tail, uint64_t file_bytes);

/// The decoders check that everything lies in the file and within the limits.
std::string encode_segments(const std::vector<Segment>& segments);
Result<std::vector<Segment>> decode_segments(std::string_view bytes, const Footer& footer,
                                             uint64_t file_bytes);

std::string encode_columns(const std::vector<Column>& columns);
Result<std::vector<Column>> decode_columns(std::string_view bytes, const Segment& segment);

std::string encode_groups(const std::vector<Group>& groups);
Result<std::vector<Group>> decode_groups(std::string_view bytes, const Segment& segment,
                                         uint64_t file_bytes);

std::string encode_chunks(const Chunks& chunks);
Result<Chunks> decode_chunks(std::string_view bytes, const std::vector<Group>& groups);

/// A dictionary: its values, in order of code.
std::string encode_values(const std::vector<std::string_view>& values);
/// Views of `bytes`.
Result<std::vector<std::string_view>> decode_values(std::string_view bytes, size_t count);

}  // namespace clew::store::block_format
