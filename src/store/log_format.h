// The bytes of a log segment.
//
//   file name: position of the first record it may hold and salt, 16 hex digits each:
//   "<first>-<salt>.log"
//
//   segment header, 32 bytes                      frame, 32 bytes + body, as many as there are
//   +----+----+------------------------------+    +----+----+---------------------------------+
//   |  0 |  8 | magic "CLEWLOG\n"            |    |  0 |  4 | magic A7 C3 5E 1B               |
//   |  8 |  4 | version                      |    |  4 |  4 | bytes of body                   |
//   | 12 |  4 | zero                         |    |  8 |  8 | position of the record          |
//   | 16 |  8 | first position, as the name  |    | 16 |  8 | checksum of the body            |
//   | 24 |  8 | checksum of bytes 0 to 23    |    | 24 |  2 | bytes of tenant                 |
//   +----+----+------------------------------+    | 26 |  2 | zero                            |
//                                                 | 28 |  4 | checksum of bytes 0 to 27, low  |
//   Numbers are little-endian. Checksums are      | 32 |  . | body: tenant, then the request  |
//   XXH3-64 seeded with the salt; that of the     +----+----+---------------------------------+
//   body is of the request, seeded with that of the tenant.
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
#include "store/log.h"

namespace clew::store::log_format {

inline constexpr std::string_view kMagic = "CLEWLOG\n";
inline constexpr uint32_t kVersion = 1;
inline constexpr size_t kHeaderBytes = 32;
inline constexpr uint32_t kFrameMagic = 0x1B5EC3A7;
inline constexpr size_t kFrameHeaderBytes = 32;
/// No frame holds more: a request of the largest size and the longest tenant.
inline constexpr size_t kMaxBodyBytes = limits::kDecompressedBytes + limits::kTenantBytes;

static_assert(kMagic.size() == 8);
static_assert(kMaxBodyBytes <= UINT32_MAX);
static_assert(limits::kTenantBytes <= UINT16_MAX);

struct SegmentName {
  LogPosition first;
  uint64_t salt;
};
std::string format_name(SegmentName name);
/// nullopt for a file of another kind.
std::optional<SegmentName> parse_name(std::string_view name);

/// A version other than kVersion is for tests.
std::string encode_header(SegmentName name, uint32_t version = kVersion);

enum class HeaderState : uint8_t {
  kWhole,
  kDamaged,       // cut short or its checksum is wrong: frames may still be found
  kOtherVersion,  // whole, but of a version this code does not know
};
HeaderState check_header(std::string_view segment, uint64_t salt);

/// The 32 bytes before tenant and payload, whose sizes must be within the limits.
std::string encode_frame_header(uint64_t salt, LogPosition position, std::string_view tenant,
                                std::string_view payload);

struct Frame {
  LogPosition position;
  std::string_view tenant;
  std::string_view payload;
};

/// Reads the frames of one segment and passes over what is damaged. A view: the bytes must outlive
/// it.
class FrameReader {
 public:
  /// `segment` is the whole file. Reading begins behind the header.
  FrameReader(std::string_view segment, uint64_t salt)
      : segment_(segment), salt_(salt), at_(std::min(segment.size(), kHeaderBytes)), whole_(at_) {}

  /// The next whole frame, or nullopt at the end.
  std::optional<Frame> next();

  /// Gaps of damage between whole frames so far. What is behind the last whole frame is not among
  /// them: that is whole_bytes() to the end.
  size_t damaged() const { return damaged_; }
  /// Where the last whole frame (or the header) ends.
  size_t whole_bytes() const { return whole_; }

 private:
  std::optional<Frame> frame_at(size_t at) const;

  std::string_view segment_;
  uint64_t salt_;
  size_t at_;
  size_t whole_;
  size_t damaged_ = 0;
};

}  // namespace clew::store::log_format
