// Times as the clock on the wall says them.
#pragma once

#include <string>

#include "base/clock.h"

namespace clew {

/// "2026-07-01 14:00:00.123" in the zone of the environment (TZ); "-" for 0, which is no time.
std::string local_time_text(UnixNanos time);

}  // namespace clew
