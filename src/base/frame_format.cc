#include "base/frame_format.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "base/little_endian.h"

namespace clew::frames {
namespace {

uint64_t checksum(std::string_view bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

uint64_t body_checksum(uint64_t salt, std::string_view label, std::string_view payload) {
  return checksum(payload, checksum(label, salt));
}

uint32_t frame_header_checksum(std::string_view header, uint64_t salt) {
  return static_cast<uint32_t>(checksum(header.substr(0, 28), salt));
}

std::optional<uint64_t> parse_hex(std::string_view digits) {
  uint64_t value = 0;
  auto [end, error] = std::from_chars(digits.begin(), digits.end(), value, 16);
  if (error != std::errc() || end != digits.end()) return std::nullopt;
  return value;
}

}  // namespace

std::string format_name(SegmentName name) {
  return fmt::format("{:016x}-{:016x}.log", name.first, name.salt);
}

std::optional<SegmentName> parse_name(std::string_view name) {
  if (name.size() != 37 || !name.ends_with(".log") || name[16] != '-') return std::nullopt;
  auto first = parse_hex(name.substr(0, 16));
  auto salt = parse_hex(name.substr(17, 16));
  if (!first || !salt) return std::nullopt;
  return SegmentName{*first, *salt};
}

std::string encode_header(const FileKind& kind, SegmentName name) {
  CLEW_CHECK(kind.magic.size() == 8);
  std::string header(kind.magic);
  put(header, kind.version);
  put(header, uint32_t{0});
  put(header, name.first);
  put(header, checksum(header, name.salt));
  return header;
}

HeaderState check_header(const FileKind& kind, std::string_view segment, uint64_t salt) {
  if (segment.size() < kHeaderBytes || !segment.starts_with(kind.magic))
    return HeaderState::kDamaged;
  if (get<uint64_t>(segment, 24) != checksum(segment.substr(0, 24), salt))
    return HeaderState::kDamaged;
  return get<uint32_t>(segment, 8) == kind.version ? HeaderState::kWhole
                                                   : HeaderState::kOtherVersion;
}

std::string encode_frame_header(uint64_t salt, Position position, std::string_view label,
                                std::string_view payload) {
  CLEW_CHECK(label.size() <= kMaxLabelBytes);
  CLEW_CHECK(payload.size() <= limits::kDecompressedBytes);
  std::string header;
  header.reserve(kFrameHeaderBytes);
  put(header, kFrameMagic);
  put(header, static_cast<uint32_t>(label.size() + payload.size()));
  put(header, position);
  put(header, body_checksum(salt, label, payload));
  put(header, static_cast<uint16_t>(label.size()));
  put(header, uint16_t{0});
  put(header, frame_header_checksum(header, salt));
  return header;
}

std::optional<Frame> FrameReader::frame_at(size_t at) const {
  std::string_view rest = bytes_.substr(at);
  if (rest.size() < kFrameHeaderBytes || get<uint32_t>(rest, 0) != kFrameMagic) return std::nullopt;
  if (get<uint32_t>(rest, 28) != frame_header_checksum(rest, salt_)) return std::nullopt;
  size_t body_bytes = get<uint32_t>(rest, 4);
  size_t label_bytes = get<uint16_t>(rest, 24);
  if (body_bytes > kMaxBodyBytes || label_bytes > body_bytes) return std::nullopt;
  if (body_bytes > rest.size() - kFrameHeaderBytes) return std::nullopt;
  Frame frame{.position = get<uint64_t>(rest, 8),
              .label = rest.substr(kFrameHeaderBytes, label_bytes),
              .payload = rest.substr(kFrameHeaderBytes + label_bytes, body_bytes - label_bytes)};
  if (body_checksum(salt_, frame.label, frame.payload) != get<uint64_t>(rest, 16))
    return std::nullopt;
  return frame;
}

std::optional<Frame> FrameReader::next() {
  static const std::string kPattern = [] {
    std::string bytes;
    put(bytes, kFrameMagic);
    return bytes;
  }();
  bool first_try = true;
  while (at_ < bytes_.size()) {
    if (auto frame = frame_at(at_)) {
      if (!first_try) ++damaged_;
      at_ += kFrameHeaderBytes + frame->label.size() + frame->payload.size();
      whole_ = at_;
      return frame;
    }
    first_try = false;
    at_ = std::min(bytes_.find(kPattern, at_ + 1), bytes_.size());
  }
  return std::nullopt;
}

}  // namespace clew::frames
