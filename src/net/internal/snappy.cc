#include "net/internal/snappy.h"

#include <snappy.h>

#include <boost/crc.hpp>
#include <cstdint>
#include <cstring>

namespace clew::net {
namespace {

// The framed form is a row of chunks: a byte for the type, three for the size of what follows,
// least significant first. The first chunk says that it is this form.
constexpr std::string_view kFramedHead("\xFF\x06\x00\x00sNaPpY", 10);
constexpr size_t kChunkHeadBytes = 4, kChecksumBytes = 4;
constexpr uint8_t kCompressed = 0x00, kUncompressed = 0x01, kFirstSkippable = 0x80;
/// A chunk holds at most so much, decompressed.
constexpr size_t kChunkBytes = 65'536;
/// A copy of 64 bytes takes three, so nothing grows more than this.
constexpr size_t kMaxRatio = 64 / 3 + 1;

bool is_framed(std::string_view input) {
  return input.starts_with(kFramedHead);
}

uint32_t little_endian(std::string_view bytes) {
  uint32_t number = 0;
  for (size_t i = 0; i < bytes.size(); ++i)
    number |= uint32_t{static_cast<uint8_t>(bytes[i])} << (8 * i);
  return number;
}

/// Checksums are CRC-32C, rotated and shifted so that they differ from those inside the data.
uint32_t masked_checksum(std::string_view data) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(data.data(), data.size());
  uint32_t sum = crc.checksum();
  return (sum >> 15 | sum << 17) + 0xA282EAD8;
}

std::optional<size_t> block_size(std::string_view block) {
  size_t size = 0;
  if (!snappy::GetUncompressedLength(block.data(), block.size(), &size)) return std::nullopt;
  if (size > block.size() * kMaxRatio) return std::nullopt;
  return size;
}

/// Calls `data(checksum, content, compressed)` -> bool for each chunk with data; false if it does,
/// or for damage.
template <typename F>
bool for_each_chunk(std::string_view input, F&& data) {
  while (!input.empty()) {
    if (input.size() < kChunkHeadBytes) return false;
    auto type = static_cast<uint8_t>(input[0]);
    size_t size = little_endian(input.substr(1, 3));
    input.remove_prefix(kChunkHeadBytes);
    if (input.size() < size) return false;
    std::string_view content = input.substr(0, size);
    input.remove_prefix(size);
    if (type == kCompressed || type == kUncompressed) {
      if (size < kChecksumBytes) return false;
      uint32_t checksum = little_endian(content.substr(0, kChecksumBytes));
      if (!data(checksum, content.substr(kChecksumBytes), type == kCompressed)) return false;
    } else if (type < kFirstSkippable) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::optional<size_t> snappy_size(std::string_view input) {
  if (!is_framed(input)) return block_size(input);
  size_t sum = 0;
  bool sound = for_each_chunk(input, [&](uint32_t, std::string_view content, bool compressed) {
    auto size = compressed ? block_size(content) : content.size();
    sum += size.value_or(0);
    return size && *size <= kChunkBytes;
  });
  return sound ? std::optional(sum) : std::nullopt;
}

bool snappy_decode(std::string_view input, char* out) {
  if (!is_framed(input)) return snappy::RawUncompress(input.data(), input.size(), out);
  return for_each_chunk(input, [&](uint32_t checksum, std::string_view content, bool compressed) {
    size_t size = content.size();
    if (!compressed)
      std::memcpy(out, content.data(), size);
    else if (size = *block_size(content);
             !snappy::RawUncompress(content.data(), content.size(), out))
      return false;
    bool sound = masked_checksum({out, size}) == checksum;
    out += size;
    return sound;
  });
}

}  // namespace clew::net
