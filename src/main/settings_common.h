// The settings that every role has.
#pragma once

#include "main/roles.h"

namespace clew {

void add_common_settings(Settings& settings, CommonConfig& config);

/// What no single one of them can see: files that belong together.
Result<void> validate_common(const CommonConfig& common);

}  // namespace clew
