// The agent's settings of what it holds: queue.… and memory.….
#pragma once

#include "agent/queue.h"
#include "main/roles.h"

namespace clew {

void add_agent_queue(Settings& settings, AgentConfig& config);
Result<void> validate_agent_queue(const AgentConfig& config);
/// The queue that the settings describe.
agent::QueueOptions queue_options(const AgentConfig& config);

}  // namespace clew
