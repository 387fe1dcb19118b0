// Points in time as people and programs write them, and times and days as we print them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace clew {

/// Reads "2026-07-01T12:00:00Z", with a fraction of a second and an offset if it has them (RFC
/// 3339), or a duration as parse_duration() reads it: so long before `now`. Fails with kInvalid,
/// also for times before 1970.
Result<UnixNanos> parse_time(std::string_view text, UnixNanos now);

/// The same without durations. Source: RFC 3339.
Result<UnixNanos> parse_rfc3339(std::string_view text);

/// "2026-07-01 12:00:00", in UTC.
std::string second_text(UnixNanos time);

/// "2026-07-01", of a number of days since 1970.
std::string day_text(uint64_t day);

}  // namespace clew
