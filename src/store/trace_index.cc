// Pages of 4096 bytes, and nothing else. All numbers are little-endian.
//
//   | at   | bytes     | what                                                                 |
//   |------|-----------|----------------------------------------------------------------------|
//   | 0    | 2         | entries                                                              |
//   | 2    | 1         | bits of an entry that are the trace's number, the lower ones          |
//   | 3    | 1         | bytes of an entry: 5 or 6                                            |
//   | 4    | 4         | how many of the pages behind hold entries that belong here            |
//   | 8    |           | entries, ascending; the upper bits are the lower ones of the ID's hash|
//   | 4088 | 8         | XXH3-64 of the bytes before                                          |
//
// The hash's upper half, as a fraction of 2^32, chooses the page. What does not fit goes to the
// next pages that have room, the last being followed by the first. So pages can be 95 % full, and
// IDs that somebody has chosen to meet in one page make only look-ups in that page slow.
#include "store/trace_index.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <ranges>

#include "store/coding.h"

namespace clew::store {
namespace {

constexpr size_t kPageBytes = 4096;
constexpr size_t kEntriesAt = 8;
constexpr size_t kChecksumAt = kPageBytes - 8;
constexpr uint64_t kSeed = 0x636c65772d747261;
constexpr uint64_t kFullPercent = 95;

/// How entries stand in all pages of an index.
struct Layout {
  uint8_t number_bits;
  uint8_t entry_bytes;

  size_t room() const { return (kChecksumAt - kEntriesAt) / entry_bytes; }
  uint64_t entry(uint64_t hash, uint64_t number) const {
    return (hash << number_bits | number) & ((uint64_t{1} << (8 * entry_bytes)) - 1);
  }
};

/// 16 bits of hash at least, so that of 65,536 traces in a page that are not looked for, one is
/// found.
Layout layout_of(uint64_t traces) {
  auto bits = static_cast<uint8_t>(std::bit_width(traces - 1));
  return {bits, static_cast<uint8_t>(bits <= 24 ? 5 : 6)};
}

uint64_t hash_of(const TraceId& id) {
  return XXH3_64bits_withSeed(id.bytes.data() + 8, 8, kSeed);
}

uint64_t page_of(uint64_t hash, uint64_t pages) {
  return (hash >> 32) * pages >> 32;
}

struct Page {
  std::vector<uint64_t> own;      // entries that belong here
  std::vector<uint64_t> entries;  // that stand here
  uint32_t further = 0;
};

/// Moves what does not fit into its page to the next ones that have room.
void place(std::vector<Page>& pages, size_t room) {
  for (Page& page : pages) {
    size_t fitting = std::min(page.own.size(), room);
    page.entries.assign(page.own.begin(), page.own.begin() + static_cast<ptrdiff_t>(fitting));
  }
  for (size_t home = 0; home < pages.size(); ++home) {
    std::vector<uint64_t>& own = pages[home].own;
    size_t placed = std::min(own.size(), room);
    for (size_t at = home; placed < own.size();) {
      at = at + 1 == pages.size() ? 0 : at + 1;
      ++pages[home].further;
      std::vector<uint64_t>& entries = pages[at].entries;
      while (entries.size() < room && placed < own.size()) entries.push_back(own[placed++]);
    }
  }
}

void put_page(Page& page, Layout layout, std::string& out) {
  size_t begin = out.size();
  put(out, static_cast<uint16_t>(page.entries.size()));
  put(out, layout.number_bits);
  put(out, layout.entry_bytes);
  put(out, page.further);
  std::ranges::sort(page.entries);
  for (uint64_t entry : page.entries)
    out.append(reinterpret_cast<const char*>(&entry), layout.entry_bytes);
  out.resize(begin + kChecksumAt);
  put(out, uint64_t{XXH3_64bits(out.data() + begin, kChecksumAt)});
}

/// A page whose checksum is right and whose numbers can be.
struct PageReader {
  std::string_view bytes;
  Layout layout;
  size_t count;
  uint32_t further;

  static Result<PageReader> open(std::string_view bytes, uint64_t pages) {
    if (get<uint64_t>(bytes, kChecksumAt) != XXH3_64bits(bytes.data(), kChecksumAt))
      return fail(Code::kMalformed, "a page of a trace index has a wrong checksum");
    PageReader page{.bytes = bytes,
                    .layout = {get<uint8_t>(bytes, 2), get<uint8_t>(bytes, 3)},
                    .count = get<uint16_t>(bytes, 0),
                    .further = get<uint32_t>(bytes, 4)};
    bool known = page.layout.entry_bytes == 5
                     ? page.layout.number_bits <= 24
                     : page.layout.entry_bytes == 6 && page.layout.number_bits <= 32;
    if (!known || page.count > page.layout.room() || page.further >= pages)
      return fail(Code::kMalformed, "a page of a trace index holds numbers that cannot be");
    return page;
  }

  uint64_t entry(size_t i) const {
    uint64_t entry = 0;
    std::memcpy(&entry, bytes.data() + kEntriesAt + i * layout.entry_bytes, layout.entry_bytes);
    return entry;
  }

  void find(uint64_t hash, std::vector<uint32_t>& numbers) const {
    uint64_t first = layout.entry(hash, 0);
    uint64_t last = first | ((uint64_t{1} << layout.number_bits) - 1);
    auto places = std::views::iota(size_t{0}, count);
    size_t i = *std::ranges::lower_bound(places, first, {}, [&](size_t at) { return entry(at); });
    for (; i < count && entry(i) <= last; ++i)
      numbers.push_back(static_cast<uint32_t>(entry(i) - first));
  }
};

}  // namespace

std::string build_trace_index(std::span<const TraceId> ids) {
  std::string out;
  if (ids.empty()) return out;
  Layout layout = layout_of(ids.size());
  std::vector<Page> pages(1 + (ids.size() - 1) * 100 / (layout.room() * kFullPercent));
  for (size_t number = 0; number < ids.size(); ++number) {
    uint64_t hash = hash_of(ids[number]);
    pages[page_of(hash, pages.size())].own.push_back(layout.entry(hash, number));
  }
  place(pages, layout.room());
  out.reserve(pages.size() * kPageBytes);
  for (Page& page : pages) put_page(page, layout, out);
  return out;
}

Result<std::vector<uint32_t>> look_up_trace(const ReadFile& file, uint64_t offset, uint64_t bytes,
                                            const TraceId& id) {
  std::vector<uint32_t> numbers;
  uint64_t pages = bytes / kPageBytes;
  if (bytes % kPageBytes != 0 || pages > UINT32_MAX)
    return fail(Code::kMalformed, "a trace index is not made of pages");
  if (pages == 0) return numbers;
  uint64_t hash = hash_of(id);
  uint64_t home = page_of(hash, pages);
  uint32_t further = 0;
  for (uint64_t i = 0; i <= further; ++i) {
    uint64_t at = (home + i) % pages;
    auto read = file.read(offset + at * kPageBytes, kPageBytes);
    if (!read) return std::unexpected(read.error());
    auto page = PageReader::open(*read, pages);
    if (!page) return std::unexpected(page.error());
    if (i == 0) further = page->further;
    page->find(hash, numbers);
  }
  std::ranges::sort(numbers);
  return numbers;
}

Result<void> verify_trace_index(std::string_view index) {
  if (index.size() % kPageBytes != 0)
    return fail(Code::kMalformed, "a trace index is not made of pages");
  uint64_t pages = index.size() / kPageBytes;
  for (uint64_t at = 0; at < pages; ++at) {
    auto page = PageReader::open(index.substr(at * kPageBytes, kPageBytes), pages);
    if (!page) return std::unexpected(page.error());
    for (size_t i = 1; i < page->count; ++i)
      if (page->entry(i - 1) > page->entry(i))
        return fail(Code::kMalformed, "a page of a trace index is not in order");
  }
  return {};
}

}  // namespace clew::store
