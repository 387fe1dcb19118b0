// The bytes of a segment: a file of frames, each found and checked without the others. The store's
// write-ahead log and the agent's queue are made of them.
//
//   file name: position of the first record it may hold and salt, 16 hex digits each:
//   "<first>-<salt>.log"
//
//   segment header, 32 bytes                      frame, 32 bytes + body, as many as there are
//   +----+----+------------------------------+    +----+----+---------------------------------+
//   |  0 |  8 | magic of the kind of file    |    |  0 |  4 | magic A7 C3 5E 1B               |
//   |  8 |  4 | version of the kind          |    |  4 |  4 | bytes of body                   |
//   | 12 |  4 | zero                         |    |  8 |  8 | position of the record          |
//   | 16 |  8 | first position, as the name  |    | 16 |  8 | checksum of the body            |
//   | 24 |  8 | checksum of bytes 0 to 23    |    | 24 |  2 | bytes of label                  |
//   +----+----+------------------------------+    | 26 |  2 | zero                            |
//                                                 | 28 |  4 | checksum of bytes 0 to 27, low  |
//   Numbers are little-endian. Checksums are      | 32 |  . | body: label, then payload       |
//   XXH3-64 seeded with the salt; that of the     +----+----+---------------------------------+
//   body is of the payload, seeded with that of the label.
//
// A frame can be found without the one before it, by its magic and the checksum of its header, so a
// damaged frame costs that frame alone. The salt is random and never leaves the disk: a client
// cannot put a forged frame into its request for such a search to find.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "base/result.h"

namespace clew::frames {

/// Number of a record. Records are numbered upwards in the order they were appended; numbers may be
/// skipped but are never given twice to records that were acknowledged.
using Position = uint64_t;

/// What a segment is of.
struct FileKind {
  std::string_view magic;  // 8 bytes
  uint32_t version;
};

inline constexpr size_t kHeaderBytes = 32;
inline constexpr uint32_t kFrameMagic = 0x1B5EC3A7;
inline constexpr size_t kFrameHeaderBytes = 32;
/// The longest label: a tenant and a few numbers.
inline constexpr size_t kMaxLabelBytes = limits::kTenantBytes + 16;
/// No frame holds more: a request of the largest size and the longest label.
inline constexpr size_t kMaxBodyBytes = limits::kDecompressedBytes + kMaxLabelBytes;

static_assert(kMaxBodyBytes <= UINT32_MAX);
static_assert(kMaxLabelBytes <= UINT16_MAX);

struct SegmentName {
  Position first;
  uint64_t salt;
  bool operator==(const SegmentName&) const = default;
};
std::string format_name(SegmentName name);
/// nullopt for a file of another kind.
std::optional<SegmentName> parse_name(std::string_view name);

std::string encode_header(const FileKind& kind, SegmentName name);

enum class HeaderState : uint8_t {
  kWhole,
  kDamaged,       // cut short, of another kind or its checksum is wrong: frames may still be found
  kOtherVersion,  // whole, but of a version this code does not know
};
HeaderState check_header(const FileKind& kind, std::string_view segment, uint64_t salt);

/// The 32 bytes before label and payload, whose sizes must be within the limits.
std::string encode_frame_header(uint64_t salt, Position position, std::string_view label,
                                std::string_view payload);

struct Frame {
  Position position;
  std::string_view label;
  std::string_view payload;
};

/// Reads the frames of a segment and passes over what is damaged. A view: the bytes must outlive
/// it.
class FrameReader {
 public:
  /// `bytes` is the whole file, or a part of it that begins with a frame: then `begin` is 0.
  FrameReader(std::string_view bytes, uint64_t salt, size_t begin = kHeaderBytes)
      : bytes_(bytes), salt_(salt), at_(std::min(bytes.size(), begin)), whole_(at_) {}

  /// The next whole frame, or nullopt at the end.
  std::optional<Frame> next();

  /// Gaps of damage between whole frames so far. What is behind the last whole frame is not among
  /// them: that is whole_bytes() to the end.
  size_t damaged() const { return damaged_; }
  /// Where the last whole frame ends; where reading began before there is one.
  size_t whole_bytes() const { return whole_; }

 private:
  std::optional<Frame> frame_at(size_t at) const;

  std::string_view bytes_;
  uint64_t salt_;
  size_t at_;
  size_t whole_;
  size_t damaged_ = 0;
};

}  // namespace clew::frames
