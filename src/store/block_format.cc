#include "store/block_format.h"

#include <xxhash.h>

#include <utility>

#include "base/check.h"
#include "store/codec/bytes.h"
#include "store/codec/numbers.h"
#include "store/coding.h"

namespace clew::store::block_format {
namespace {

constexpr size_t kSegmentBytes = 3 * 8 + 3 * kSectionRefBytes + 4 * 8 + 4 * 4;
constexpr size_t kColumnBytes = 4 + 4 + 1 + 4 + 1 + 4 * kSectionRefBytes;

bool lies_within(uint64_t offset, uint64_t size, uint64_t bytes) {
  return offset <= bytes && size <= bytes - offset;
}

void put_section(std::string& out, const SectionRef& section) {
  put(out, section.offset);
  put(out, section.stored_bytes);
  put(out, section.raw_bytes);
  put(out, section.checksum);
}

bool get_section(Decoder& decoder, uint64_t file_bytes, SectionRef& section) {
  section.offset = decoder.number<uint64_t>();
  section.stored_bytes = decoder.number<uint64_t>();
  section.raw_bytes = decoder.number<uint64_t>();
  section.checksum = decoder.number<uint64_t>();
  return lies_within(section.offset, section.stored_bytes, file_bytes) &&
         section.stored_bytes <= kMaxSectionBytes && section.raw_bytes <= kMaxSectionBytes;
}

/// Appends one number of each item, by encode_numbers().
template <typename Items, typename NumberOf>
void put_numbers(std::string& out, const Items& items, NumberOf&& number_of) {
  std::vector<uint64_t> numbers;
  numbers.reserve(items.size());
  for (const auto& item : items) numbers.push_back(number_of(item));
  codec::encode_numbers(numbers, out);
}

/// The way back: calls place(item, number).
template <typename Items, typename Place>
bool get_numbers(Decoder& decoder, Items& items, Place&& place) {
  std::vector<uint64_t> numbers(items.size());
  if (!codec::decode_numbers(decoder, numbers)) return false;
  for (size_t i = 0; i < numbers.size(); ++i) place(items[i], numbers[i]);
  return true;
}

}  // namespace

const ChunkRef* Chunks::find(uint32_t group, uint32_t chunk) const {
  auto begin = refs.begin() + begins[group], end = refs.begin() + begins[group + 1];
  auto at = std::ranges::lower_bound(begin, end, chunk, {}, &ChunkRef::chunk);
  return at != end && at->chunk == chunk ? &*at : nullptr;
}

uint64_t checksum(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

std::string encode_footer(const Footer& footer, uint32_t version) {
  std::string out;
  put_section(out, footer.segments);
  put_section(out, footer.trace_index);
  put(out, footer.log_end);
  put(out, footer.min_start);
  put(out, footer.max_start);
  put(out, footer.newest_trace_start);
  put(out, footer.spans);
  put(out, footer.traces);
  put(out, footer.segment_count);
  put(out, footer.written_at);
  put(out, uint64_t{0});
  CLEW_CHECK(out.size() == kFooterBytes);
  put(out, version);
  put(out, static_cast<uint32_t>(kFooterBytes));
  put(out, checksum(out));
  out += kMagic;
  return out;
}

Result<size_t> footer_bytes(std::string_view trailer) {
  constexpr size_t kMaxFooterBytes = 64 << 10;  // of any version to come
  if (trailer.size() != kTrailerBytes || !trailer.ends_with(kMagic))
    return fail(Code::kMalformed, "does not end like a block");
  size_t bytes = get<uint32_t>(trailer, 4);
  if (bytes > kMaxFooterBytes) return fail(Code::kMalformed, "the trailer is damaged");
  return bytes;
}

Result<Footer> decode_footer(std::string_view tail, uint64_t file_bytes) {
  if (tail.size() < kTrailerBytes) return fail(Code::kMalformed, "the footer is cut short");
  size_t footer_end = tail.size() - kTrailerBytes;
  auto announced = footer_bytes(tail.substr(footer_end));
  if (!announced) return std::unexpected(announced.error());
  if (*announced != footer_end ||
      get<uint64_t>(tail, footer_end + 8) != checksum(tail.substr(0, footer_end + 8)))
    return fail(Code::kMalformed, "the footer is damaged");
  uint32_t version = get<uint32_t>(tail, footer_end);
  if (version != kVersion)
    return fail(Code::kUnsupported,
                "is of format version {}, this clew reads version {}: use the clew that wrote it",
                version, kVersion);

  Decoder decoder(tail.substr(0, footer_end));
  Footer footer;
  for (SectionRef* section : {&footer.segments, &footer.trace_index})
    if (!get_section(decoder, file_bytes, *section))
      return fail(Code::kMalformed, "a section lies outside the file");
  footer.log_end = decoder.number<uint64_t>();
  footer.min_start = decoder.number<uint64_t>();
  footer.max_start = decoder.number<uint64_t>();
  footer.newest_trace_start = decoder.number<uint64_t>();
  footer.spans = decoder.number<uint64_t>();
  footer.traces = decoder.number<uint32_t>();
  footer.segment_count = decoder.number<uint32_t>();
  footer.written_at = decoder.number<uint64_t>();
  decoder.number<uint64_t>();
  if (!decoder.done()) return fail(Code::kMalformed, "the footer has a wrong size");
  return footer;
}

std::string encode_segments(const std::vector<Segment>& segments) {
  std::string out;
  put(out, static_cast<uint32_t>(segments.size()));
  for (const Segment& segment : segments) {
    put(out, segment.groups_at);
    put(out, segment.tables_at);
    put(out, segment.tables_bytes);
    for (const SectionRef* section : {&segment.columns, &segment.groups, &segment.chunks})
      put_section(out, *section);
    put(out, segment.min_start);
    put(out, segment.max_start);
    put(out, segment.newest_trace_start);
    put(out, segment.spans);
    put(out, segment.traces);
    put(out, segment.first_trace);
    put(out, segment.group_count);
    put(out, segment.column_count);
  }
  return out;
}

Result<std::vector<Segment>> decode_segments(std::string_view bytes, const Footer& footer,
                                             uint64_t file_bytes) {
  Decoder decoder(bytes);
  std::vector<Segment> segments(decoder.count(kSegmentBytes));
  uint64_t spans = 0, traces = 0;
  for (Segment& segment : segments) {
    segment.groups_at = decoder.number<uint64_t>();
    segment.tables_at = decoder.number<uint64_t>();
    segment.tables_bytes = decoder.number<uint64_t>();
    bool valid = segment.groups_at <= file_bytes &&
                 lies_within(segment.tables_at, segment.tables_bytes, file_bytes) &&
                 get_section(decoder, segment.tables_bytes, segment.columns) &&
                 get_section(decoder, file_bytes, segment.groups) &&
                 get_section(decoder, file_bytes, segment.chunks);
    segment.min_start = decoder.number<uint64_t>();
    segment.max_start = decoder.number<uint64_t>();
    segment.newest_trace_start = decoder.number<uint64_t>();
    segment.spans = decoder.number<uint64_t>();
    segment.traces = decoder.number<uint32_t>();
    segment.first_trace = decoder.number<uint32_t>();
    segment.group_count = decoder.number<uint32_t>();
    segment.column_count = decoder.number<uint32_t>();
    if (!valid || segment.first_trace != traces)
      return fail(Code::kMalformed, "a segment lies outside the file");
    spans += segment.spans;
    traces += segment.traces;
  }
  if (!decoder.done() || segments.size() != footer.segment_count || spans != footer.spans ||
      traces != footer.traces)
    return fail(Code::kMalformed, "counts other spans than the footer");
  return segments;
}

std::string encode_columns(const std::vector<Column>& columns) {
  std::string out;
  put(out, static_cast<uint32_t>(columns.size()));
  for (const Column& column : columns) {
    put_text(out, column.key.encode());
    put(out, column.values);
    put(out, static_cast<uint8_t>(column.context.kind));
    put(out, column.context.column);
    put(out, static_cast<uint8_t>(column.has_literals));
    for (const SectionRef* section :
         {&column.dictionary, &column.ranks, &column.templates, &column.presence})
      put_section(out, *section);
  }
  return out;
}

Result<std::vector<Column>> decode_columns(std::string_view bytes, const Segment& segment) {
  Decoder decoder(bytes);
  std::vector<Column> columns(decoder.count(kColumnBytes));
  for (uint32_t i = 0; i < columns.size(); ++i) {
    Column& column = columns[i];
    auto key = ColumnKey::decode(decoder.text());
    column.values = decoder.number<uint32_t>();
    auto context = decoder.number<uint8_t>();
    column.context.column = decoder.number<uint32_t>();
    column.has_literals = decoder.number<uint8_t>() != 0;
    bool valid = decoder.ok() && key && context <= static_cast<uint8_t>(ContextKind::kColumn) &&
                 column.values < (uint32_t{1} << 30);
    for (SectionRef* section :
         {&column.dictionary, &column.ranks, &column.templates, &column.presence})
      valid = valid && get_section(decoder, segment.tables_bytes, *section);
    if (!valid) return fail(Code::kMalformed, "column {} is damaged", i);
    column.key = std::move(*key);
    column.context.kind = static_cast<ContextKind>(context);
    if (column.context.kind == ContextKind::kColumn && column.context.column >= i)
      return fail(Code::kMalformed, "column {} stands on a later one", i);
  }
  if (!decoder.done() || columns.size() < kOwnColumns || columns.size() != segment.column_count)
    return fail(Code::kMalformed, "has a wrong size");
  return columns;
}

std::string encode_groups(const std::vector<Group>& groups) {
  std::string out;
  uint64_t last = 0;
  put_numbers(out, groups, [](const Group& group) { return group.bytes; });
  put_numbers(out, groups, [](const Group& group) { return group.rows; });
  put_numbers(out, groups, [](const Group& group) { return group.traces; });
  put_numbers(out, groups, [&](const Group& group) {
    return codec::zigzag(group.min_trace_start - std::exchange(last, group.min_trace_start));
  });
  put_numbers(out, groups,
              [](const Group& group) { return group.max_trace_start - group.min_trace_start; });
  put_numbers(out, groups, [](const Group& group) {
    return codec::zigzag(group.min_start - group.min_trace_start);
  });
  put_numbers(out, groups,
              [](const Group& group) { return codec::zigzag(group.max_start - group.min_start); });
  put_numbers(out, groups, [](const Group& group) { return group.min_duration; });
  put_numbers(out, groups, [](const Group& group) { return group.max_duration; });
  return out;
}

Result<std::vector<Group>> decode_groups(std::string_view bytes, const Segment& segment,
                                         uint64_t file_bytes) {
  if (segment.group_count > file_bytes) return fail(Code::kMalformed, "more groups than bytes");
  Decoder decoder(bytes);
  std::vector<Group> groups(segment.group_count);
  bool small = true;
  auto narrow = [&small](uint64_t number) {
    small = small && number <= UINT32_MAX;
    return static_cast<uint32_t>(number);
  };
  uint64_t last = 0;
  bool read =
      get_numbers(decoder, groups, [](Group& group, uint64_t n) { group.bytes = n; }) &&
      get_numbers(decoder, groups, [&](Group& group, uint64_t n) { group.rows = narrow(n); }) &&
      get_numbers(decoder, groups, [&](Group& group, uint64_t n) { group.traces = narrow(n); }) &&
      get_numbers(decoder, groups,
                  [&](Group& group, uint64_t n) {
                    last = group.min_trace_start = last + codec::unzigzag(n);
                  }) &&
      get_numbers(
          decoder, groups,
          [](Group& group, uint64_t n) { group.max_trace_start = group.min_trace_start + n; }) &&
      get_numbers(decoder, groups,
                  [](Group& group, uint64_t n) {
                    group.min_start = group.min_trace_start + codec::unzigzag(n);
                  }) &&
      get_numbers(decoder, groups,
                  [](Group& group, uint64_t n) {
                    group.max_start = group.min_start + codec::unzigzag(n);
                  }) &&
      get_numbers(decoder, groups, [](Group& group, uint64_t n) { group.min_duration = n; }) &&
      get_numbers(decoder, groups, [](Group& group, uint64_t n) { group.max_duration = n; });
  if (!read || !small || !decoder.done()) return fail(Code::kMalformed, "does not decode");
  uint64_t offset = segment.groups_at, rows = 0, traces = 0;
  for (Group& group : groups) {
    group.offset = offset;
    group.first_trace = static_cast<uint32_t>(traces);
    if (!lies_within(offset, group.bytes, file_bytes) || group.bytes > UINT32_MAX ||
        group.rows > kMaxGroupRows || group.traces > group.rows ||
        (group.traces == 0) != (group.rows == 0))
      return fail(Code::kMalformed, "a row group lies outside the file or is too large");
    offset += group.bytes;
    rows += group.rows;
    traces += group.traces;
  }
  if (rows != segment.spans || traces != segment.traces)
    return fail(Code::kMalformed, "counts other spans than the segment");
  return groups;
}

std::string encode_chunks(const Chunks& chunks) {
  std::string out;
  std::vector<uint64_t> counts;
  for (size_t i = 0; i + 1 < chunks.begins.size(); ++i)
    counts.push_back(chunks.begins[i + 1] - chunks.begins[i]);
  put(out, static_cast<uint32_t>(chunks.refs.size()));
  codec::encode_numbers(counts, out);
  put_numbers(out, chunks.refs, [](const ChunkRef& ref) { return ref.chunk; });
  put_numbers(out, chunks.refs, [](const ChunkRef& ref) { return ref.bytes; });
  return out;
}

Result<Chunks> decode_chunks(std::string_view bytes, const std::vector<Group>& groups) {
  Decoder decoder(bytes);
  size_t count = decoder.number<uint32_t>();
  // A group's bytes bound its chunks: each has a checksum.
  uint64_t possible = 0;
  for (const Group& group : groups) possible += group.bytes / kChunkChecksumBytes;
  std::vector<uint64_t> counts(groups.size());
  if (count > possible || !codec::decode_numbers(decoder, counts))
    return fail(Code::kMalformed, "does not decode");
  Chunks chunks;
  chunks.refs.resize(count);
  bool read = get_numbers(decoder, chunks.refs,
                          [](ChunkRef& ref, uint64_t n) {
                            ref.chunk = static_cast<uint32_t>(std::min<uint64_t>(n, UINT32_MAX));
                          }) &&
              get_numbers(decoder, chunks.refs, [](ChunkRef& ref, uint64_t n) {
                ref.bytes = static_cast<uint32_t>(std::min<uint64_t>(n, UINT32_MAX));
              });
  if (!read || !decoder.done()) return fail(Code::kMalformed, "does not decode");
  chunks.begins.push_back(0);
  for (size_t i = 0; i < groups.size(); ++i) {
    uint64_t begin = chunks.begins.back(), end = begin + counts[i], offset = 0;
    if (counts[i] > count || end > count)
      return fail(Code::kMalformed, "has fewer chunks than it says");
    for (uint64_t at = begin; at < end; ++at) {
      ChunkRef& ref = chunks.refs[at];
      ref.offset = static_cast<uint32_t>(offset);
      offset += ref.bytes;
      if (offset > groups[i].bytes || ref.bytes < kChunkChecksumBytes ||
          (at > begin && ref.chunk <= chunks.refs[at - 1].chunk))
        return fail(Code::kMalformed, "chunks of group {} are out of order", i);
    }
    chunks.begins.push_back(static_cast<uint32_t>(end));
  }
  if (chunks.begins.back() != count) return fail(Code::kMalformed, "has more chunks than it says");
  return chunks;
}

std::string encode_values(const std::vector<std::string_view>& values) {
  std::string out;
  put_numbers(out, values, [](std::string_view value) { return value.size(); });
  for (std::string_view value : values) out += value;
  return out;
}

Result<std::vector<std::string_view>> decode_values(std::string_view bytes, size_t count) {
  // Values are distinct, so at most one is empty: no damaged count makes anybody reserve memory.
  if (count > bytes.size() + 1) return fail(Code::kMalformed, "has fewer values than it says");
  Decoder decoder(bytes);
  std::vector<std::string_view> values(count);
  bool read = get_numbers(decoder, values, [&](std::string_view& value, uint64_t size) {
    value = std::string_view(bytes).substr(0, std::min<uint64_t>(size, bytes.size()));
  });
  if (!read) return fail(Code::kMalformed, "does not decode");
  for (std::string_view& value : values) value = decoder.raw(value.size());
  if (!decoder.done()) return fail(Code::kMalformed, "has a wrong size");
  return values;
}

}  // namespace clew::store::block_format
