// Decoding damaged tables of a block never crashes and never reserves more than the input
// justifies; what decodes encodes to something that decodes to the same. Whole blocks:
// store_block_file_fuzz.cc.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "store/block_format.h"
#include "store/compress.h"
#include "store/span_parts.h"

namespace {

using namespace clew::store;
using namespace clew::store::block_format;

constexpr uint64_t kFile = 1 << 20;

void check(bool holds) {
  if (!holds) std::abort();
}

/// Three bytes say what the footer counts.
void read_segments(std::string_view input) {
  if (input.size() < 3) return;
  auto byte = [&](size_t i) { return static_cast<uint8_t>(input[i]); };
  Footer footer{.spans = byte(0), .traces = byte(1), .segment_count = byte(2)};
  auto segments = decode_segments(input.substr(3), footer, kFile);
  if (!segments) return;
  auto twice = decode_segments(encode_segments(*segments), footer, kFile);
  check(twice && encode_segments(*twice) == encode_segments(*segments));
}

/// The first byte says how many columns there are.
void read_columns(std::string_view input) {
  if (input.empty()) return;
  Segment segment{.tables_bytes = kFile, .column_count = static_cast<uint8_t>(input[0])};
  auto columns = decode_columns(input.substr(1), segment);
  if (!columns) return;
  std::string again = encode_columns(*columns);
  auto twice = decode_columns(again, segment);
  check(twice && encode_columns(*twice) == again);
}

/// Three bytes say what the segment counts.
void read_groups(std::string_view input) {
  if (input.size() < 3) return;
  auto byte = [&](size_t i) { return static_cast<uint8_t>(input[i]); };
  Segment segment{.spans = byte(0), .traces = byte(1), .group_count = byte(2)};
  auto groups = decode_groups(input.substr(3), segment, kFile);
  if (!groups) return;
  auto twice = decode_groups(encode_groups(*groups), segment, kFile);
  check(twice && encode_groups(*twice) == encode_groups(*groups));
}

/// The first byte says how many groups there are.
void read_chunks(std::string_view input) {
  if (input.empty()) return;
  std::vector<Group> groups(static_cast<uint8_t>(input[0]), Group{.bytes = 4096});
  auto chunks = decode_chunks(input.substr(1), groups);
  if (!chunks) return;
  for (uint32_t i = 0; i < groups.size(); ++i)
    for (uint32_t number : {0u, 5u, 8u, UINT32_MAX}) chunks->find(i, number);
  auto twice = decode_chunks(encode_chunks(*chunks), groups);
  check(twice && encode_chunks(*twice) == encode_chunks(*chunks));
}

void read_values(std::string_view input) {
  if (input.empty()) return;
  auto values = decode_values(input.substr(1), static_cast<uint8_t>(input[0]));
  // A dictionary has the empty value once at most; more of them are not read again.
  if (!values || std::ranges::count(*values, std::string_view()) > 1) return;
  std::string again = encode_values(*values);
  check(decode_values(again, values->size()) == *values);
}

void read_footer(std::string_view input) {
  auto footer = decode_footer(input, UINT64_MAX);
  if (footer) check(decode_footer(encode_footer(*footer), UINT64_MAX).has_value());
}

void read_keys(std::string_view input) {
  if (auto key = ColumnKey::decode(input)) check(key->encode() == input);
  OperationParts operation;
  if (parse_operation(input, operation))
    check(operation_bytes(operation.service, operation.name, operation.kind) == input);
  GroupParts group;
  if (parse_group(input, group)) check(group_bytes(group.schema_url, group.message) == input);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  constexpr void (*kTargets[])(std::string_view) = {
      read_segments, read_columns, read_groups, read_chunks, read_values, read_footer, read_keys};
  size_t target = data[0] % (std::size(kTargets) + 1);
  if (target < std::size(kTargets))
    kTargets[target](input);
  else
    (void)decompress(input, 1 << 16);
  return 0;
}
