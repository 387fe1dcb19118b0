// Changing an agent's settings while it runs.
#pragma once

#include <functional>

#include "main/roles.h"

namespace clew {

/// Goes over to another configuration, or says why not and changes nothing.
using TakeOver = std::function<Result<void>(const AgentConfig& fresh)>;

/// Returns when the agent is told to stop. Until then it reads the configuration again on SIGHUP,
/// and when its file has changed, and gives it to `take_over`; what of it changes only with a
/// restart is named in the log. A file with problems is logged and changes nothing. What a reload
/// came to is told to `reloaded`. Calls `every_second` about so often. Metrics, named as Prometheus
/// names its own: clew_config_last_reload_successful,
/// clew_config_last_reload_success_timestamp_seconds, clew_config_reloads_total{outcome}.
void wait_and_reload(const AgentConfig& config, const TakeOver& take_over,
                     const std::function<void(const Result<void>&)>& reloaded,
                     const std::function<void()>& every_second);

}  // namespace clew
