// The section `sampling` of the agent's file.
#pragma once

#include <optional>

#include "agent/sample/sampling_config.h"
#include "main/setting.h"

namespace clew {

/// `sampling: {percentage: 1, rules: […], …}`; without it `place` stays empty and everything is
/// kept.
Setting sampling_setting(std::optional<agent::SamplingConfig>& place);

}  // namespace clew
