// The bytes of the write-ahead log: segments of base/frame_format.h, whose frames have the tenant
// as their label and the request as their payload.
#pragma once

#include "base/frame_format.h"

namespace clew::store {

inline constexpr frames::FileKind kLogFile{.magic = "CLEWLOG\n", .version = 1};

}  // namespace clew::store
