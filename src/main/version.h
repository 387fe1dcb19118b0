// The version, from CMake's project().
#pragma once

namespace clew {

inline constexpr char kVersion[] = CLEW_VERSION;

}  // namespace clew
