// The sections `sampling` and `remote_sampling` of the agent's file.
#pragma once

#include <optional>

#include "agent/sample/sampling_config.h"
#include "main/roles.h"
#include "main/setting.h"

namespace clew {

/// `sampling: {percentage: 1, rules: […], …}`; without it `place` stays empty and everything is
/// kept.
Setting sampling_setting(std::optional<agent::SamplingConfig>& place);

/// `remote_sampling: {strategies_file: …}`; without it nothing listens.
Setting remote_sampling_setting(std::optional<RemoteSamplingConfig>& place);

}  // namespace clew
