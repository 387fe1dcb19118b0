// Durations as Go writes them, which every tool of the field reads.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace clew {

/// Reads "1.5s", "100ms", "2m30s", "500us", "336h" or "0", in nanoseconds. No sign: nothing here
/// can last less than nothing. Fails with kInvalid. Source: Go's time.ParseDuration.
Result<uint64_t> parse_duration(std::string_view text);

/// The shortest form parse_duration reads: "200ms", "10s", "2m30s", "336h".
std::string duration_text(std::chrono::milliseconds duration);

}  // namespace clew
