// Decoding damaged columns never crashes and never reserves more than the caller allows; what is
// encoded decodes to the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/disk.h"
#include "store/codec/bytes.h"
#include "store/codec/numbers.h"
#include "store/codec/presence.h"
#include "store/codec/ranks.h"
#include "store/codec/texts.h"
#include "store/trace_index.h"

namespace {

using namespace clew;
using namespace clew::store;
using namespace clew::store::codec;

constexpr size_t kValues = 1000;

void check(bool holds) {
  if (!holds) std::abort();
}

class MemoryFile : public ReadFile {
 public:
  explicit MemoryFile(std::string_view bytes) : bytes_(bytes) {}
  Result<std::string> read(uint64_t offset, size_t size) const override {
    check(offset + size <= bytes_.size());
    return std::string(bytes_.substr(offset, size));
  }
  uint64_t size() const override { return bytes_.size(); }

 private:
  std::string_view bytes_;
};

void decode_damaged_bytes(std::string_view input) {
  for (size_t size : {1, 40, 4096}) {
    std::string out(size, '\0');
    Decoder in(input);
    bool good = decode_bytes(in, out);
    std::string room;
    Decoder again(input);
    check(view_bytes(again, size, room) == (good ? std::string_view(out) : std::string_view()));
  }
}

void decode_damaged_numbers(std::string_view input) {
  for (size_t count : {1, 17, 500}) {
    std::vector<uint64_t> numbers(count);
    Decoder in(input);
    if (!decode_numbers(in, numbers)) continue;
    std::string out;
    encode_numbers(numbers, out);
    std::vector<uint64_t> same(count);
    Decoder encoded(out);
    check(decode_numbers(encoded, same) && encoded.done() && same == numbers);
  }
}

/// The first 64 bytes are templates, what follows are texts of theirs.
void decode_damaged_texts(std::string_view input) {
  size_t templates_size = std::min<size_t>(input.size(), 64);
  std::string column = "\4";
  put_varint(column, templates_size);
  column += '\1';  // as they are
  column += input.substr(0, templates_size);
  auto templates = Templates::decode(column);
  if (!templates) templates.emplace();
  for (size_t count : {1, 5, 100}) {
    Decoder in(input.substr(templates_size));
    Texts texts;
    if (decode_texts(in, count, 10'000, *templates, texts))
      check(texts.size() == count && texts.bytes.size() <= 10'000);
    Decoder again(input.substr(templates_size));
    Texts some;
    if (decode_texts(again, count, 10'000, *templates, some, {count / 2, count}))
      check(some.size() == count - count / 2);
  }
  (void)Templates::decode(input);
}

/// The input cut at line ends, as texts.
void encode_any_texts(std::string_view input) {
  std::vector<std::string_view> texts;
  for (size_t at = 0; at <= input.size();) {
    size_t end = std::min(input.find('\n', at), input.size());
    texts.push_back(input.substr(at, end - at));
    at = end + 1;
  }
  Templates templates;
  std::string out;
  encode_texts(texts, templates, out);
  Texts same;
  Decoder in(out);
  check(decode_texts(in, texts.size(), input.size(), templates, same) && in.done());
  for (size_t i = 0; i < texts.size(); ++i) check(same[i] == texts[i]);
}

void decode_damaged_tables(std::string_view input) {
  if (auto table = RankTable::decode(input, kValues, kValues)) {
    for (uint32_t context = 0; context <= table->contexts(); ++context)
      for (uint8_t rank = 0; rank < 20; ++rank) {
        uint32_t value = table->value_of(context, rank);
        check(value < kValues || value == RankTable::kNoValue);
      }
    (void)table->rank_of(3, 3);
  }
  if (auto presence = Presence::decode(input, kValues, kValues))
    for (uint32_t value = 0; value <= kValues; ++value) {
      std::span<const uint32_t> groups = presence->groups_of(value);
      check(std::ranges::is_sorted(groups) && (groups.empty() || groups.back() < kValues));
    }
}

void read_damaged_index(std::string_view input) {
  (void)verify_trace_index(input);
  std::string pages(input);
  pages.resize((input.size() + 4095) / 4096 * 4096);
  TraceId id;
  if (input.size() >= 16) std::memcpy(id.bytes.data(), input.data(), 16);
  (void)look_up_trace(MemoryFile(pages), 0, pages.size(), id);
  // Its own pages are right, whatever the IDs.
  std::vector<TraceId> ids(input.size() / 16);
  for (size_t i = 0; i < ids.size(); ++i)
    std::memcpy(ids[i].bytes.data(), input.data() + 16 * i, 16);
  std::string index = build_trace_index(ids);
  check(verify_trace_index(index).has_value());
  for (uint32_t i = 0; i < ids.size(); ++i) {
    auto numbers = look_up_trace(MemoryFile(index), 0, index.size(), ids[i]);
    check(numbers && std::ranges::binary_search(*numbers, i));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  constexpr void (*kTargets[])(std::string_view) = {decode_damaged_bytes,  decode_damaged_numbers,
                                                    decode_damaged_texts,  encode_any_texts,
                                                    decode_damaged_tables, read_damaged_index};
  kTargets[data[0] % std::size(kTargets)](input);
  return 0;
}
