// An agent's configuration while it runs.
#pragma once

#include "agent/agent.h"
#include "main/roles.h"

namespace clew {

/// Returns when the agent is told to stop. Until then it reads the configuration again on SIGHUP,
/// and when its file has changed, and takes over `sampling`, `place`, `normalize` and `attributes`
/// from the next request on: listeners, queues and what is in them stay. What else has changed
/// waits for a restart. A file with problems is logged and changes nothing.
void wait_and_reload(const AgentConfig& config, agent::SamplingStage& sampling,
                     agent::Agent& agent);

}  // namespace clew
