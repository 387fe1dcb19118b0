#include "store/block_format.h"

#include <xxhash.h>

#include <algorithm>

#include "base/check.h"
#include "store/coding.h"

namespace clew::store::block_format {
namespace {

constexpr size_t kTraceRowBytes = 16 + 8 + 8 + 4 + 4 + 4;
constexpr size_t kGroupRowBytes = 8 + 4 + 4 + 8 + 4 * 8 + 3 * 4;
constexpr size_t kOperationRowBytes = 1 + 4 + 4;

template <typename T>
void put_column(std::string& out, const std::vector<T>& column) {
  out.append(reinterpret_cast<const char*>(column.data()), column.size() * sizeof(T));
}

template <typename T>
std::vector<T> get_column(Decoder& decoder, size_t count) {
  std::string_view bytes = decoder.raw(count * sizeof(T));
  std::vector<T> column(bytes.size() / sizeof(T));
  if (!column.empty()) std::memcpy(column.data(), bytes.data(), bytes.size());
  return column;
}

bool lies_within(uint64_t offset, uint64_t size, uint64_t bytes) {
  return offset <= bytes && size <= bytes - offset;
}

}  // namespace

std::string_view name_of(Section section) {
  static constexpr std::array<std::string_view, kSections> kNames = {
      "operations", "groups", "traces", "trace filter", "tag filters"};
  return kNames[section];
}

size_t Traces::find(const TraceId& id) const {
  auto at = std::ranges::lower_bound(ids, id);
  return at != ids.end() && *at == id ? static_cast<size_t>(at - ids.begin()) : size();
}

uint64_t checksum(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

uint64_t filter_hash(const TraceId& id) {
  // Hashed, since a client may choose its IDs.
  return checksum(id.raw().substr(8));
}

std::string encode_footer(const Footer& footer, uint32_t version) {
  std::string out;
  for (const SectionRef& section : footer.sections) {
    put(out, section.offset);
    put(out, section.stored_bytes);
    put(out, section.raw_bytes);
    put(out, section.checksum);
  }
  put(out, footer.log_end);
  put(out, footer.min_start);
  put(out, footer.max_start);
  put(out, footer.newest_trace_start);
  put(out, footer.spans);
  put(out, footer.traces);
  put(out, footer.groups);
  put(out, footer.written_at);
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
  for (SectionRef& section : footer.sections) {
    section.offset = decoder.number<uint64_t>();
    section.stored_bytes = decoder.number<uint64_t>();
    section.raw_bytes = decoder.number<uint64_t>();
    section.checksum = decoder.number<uint64_t>();
    if (!lies_within(section.offset, section.stored_bytes, file_bytes) ||
        section.stored_bytes > kMaxSectionBytes || section.raw_bytes > kMaxSectionBytes)
      return fail(Code::kMalformed, "a section lies outside the file");
  }
  footer.log_end = decoder.number<uint64_t>();
  footer.min_start = decoder.number<uint64_t>();
  footer.max_start = decoder.number<uint64_t>();
  footer.newest_trace_start = decoder.number<uint64_t>();
  footer.spans = decoder.number<uint64_t>();
  footer.traces = decoder.number<uint32_t>();
  footer.groups = decoder.number<uint32_t>();
  footer.written_at = decoder.number<uint64_t>();
  if (!decoder.done()) return fail(Code::kMalformed, "the footer has a wrong size");
  return footer;
}

std::string encode_operations(const std::vector<OperationKey>& operations) {
  std::string out;
  put(out, static_cast<uint32_t>(operations.size()));
  for (const OperationKey& operation : operations) {
    put(out, static_cast<uint8_t>(operation.kind));
    put_text(out, operation.service);
    put_text(out, operation.name);
  }
  return out;
}

Result<std::vector<OperationKey>> decode_operations(std::string_view bytes) {
  Decoder decoder(bytes);
  std::vector<OperationKey> operations(decoder.count(kOperationRowBytes));
  for (OperationKey& operation : operations) {
    auto kind = decoder.number<uint8_t>();
    if (kind > static_cast<uint8_t>(otlp::SpanKind::kConsumer))
      return fail(Code::kMalformed, "a span kind {}", kind);
    operation.kind = static_cast<otlp::SpanKind>(kind);
    operation.service = decoder.text();
    operation.name = decoder.text();
  }
  if (!decoder.done()) return fail(Code::kMalformed, "has a wrong size");
  return operations;
}

std::string encode_groups(const std::vector<RowGroup>& groups) {
  std::string out;
  put(out, static_cast<uint32_t>(groups.size()));
  for (const RowGroup& group : groups) {
    put(out, group.offset);
    put(out, group.stored_bytes);
    put(out, group.raw_bytes);
    put(out, group.checksum);
    put(out, group.min_start);
    put(out, group.max_start);
    put(out, group.min_duration);
    put(out, group.max_duration);
    put(out, group.filter_offset);
    put(out, group.filter_bytes);
    put(out, static_cast<uint32_t>(group.operations.size()));
    put_column(out, group.operations);
  }
  return out;
}

Result<std::vector<RowGroup>> decode_groups(std::string_view bytes, uint64_t file_bytes) {
  Decoder decoder(bytes);
  std::vector<RowGroup> groups(decoder.count(kGroupRowBytes));
  for (RowGroup& group : groups) {
    group.offset = decoder.number<uint64_t>();
    group.stored_bytes = decoder.number<uint32_t>();
    group.raw_bytes = decoder.number<uint32_t>();
    group.checksum = decoder.number<uint64_t>();
    group.min_start = decoder.number<uint64_t>();
    group.max_start = decoder.number<uint64_t>();
    group.min_duration = decoder.number<uint64_t>();
    group.max_duration = decoder.number<uint64_t>();
    group.filter_offset = decoder.number<uint32_t>();
    group.filter_bytes = decoder.number<uint32_t>();
    group.operations = get_column<uint32_t>(decoder, decoder.count(sizeof(uint32_t)));
    if (!lies_within(group.offset, group.stored_bytes, file_bytes) ||
        group.raw_bytes > kMaxRowGroupBytes)
      return fail(Code::kMalformed, "a row group lies outside the file");
  }
  if (!decoder.done()) return fail(Code::kMalformed, "has a wrong size");
  return groups;
}

std::string encode_traces(const Traces& traces) {
  static_assert(sizeof(TraceId) == 16);
  std::string out;
  out.reserve(4 + traces.size() * kTraceRowBytes);
  put(out, static_cast<uint32_t>(traces.size()));
  put_column(out, traces.ids);
  put_column(out, traces.min_start);
  put_column(out, traces.max_start);
  put_column(out, traces.first_group);
  put_column(out, traces.last_group);
  put_column(out, traces.spans);
  return out;
}

Result<Traces> decode_traces(std::string_view bytes, size_t groups) {
  Decoder decoder(bytes);
  size_t count = decoder.count(kTraceRowBytes);
  Traces traces;
  traces.ids = get_column<TraceId>(decoder, count);
  traces.min_start = get_column<UnixNanos>(decoder, count);
  traces.max_start = get_column<UnixNanos>(decoder, count);
  traces.first_group = get_column<uint32_t>(decoder, count);
  traces.last_group = get_column<uint32_t>(decoder, count);
  traces.spans = get_column<uint32_t>(decoder, count);
  if (!decoder.done()) return fail(Code::kMalformed, "has a wrong size");
  for (size_t i = 0; i < count; ++i) {
    bool ordered = i == 0 || (traces.ids[i - 1] < traces.ids[i] &&
                              traces.last_group[i - 1] <= traces.first_group[i]);
    if (!ordered || traces.first_group[i] > traces.last_group[i] || traces.last_group[i] >= groups)
      return fail(Code::kMalformed, "trace {} of {} is out of order", i, count);
  }
  return traces;
}

}  // namespace clew::store::block_format
