// The agents that report to a store, in Clew's own API.
#pragma once

#include "base/json.h"
#include "opamp/agents.h"

namespace clew::api {

/// Writes the member "agents": how many there are by state, and how each is, the worst first, at
/// most limits::kOpampAgentsPerAnswer of them.
void write_agents(JsonWriter& json, opamp::Agents& agents);

}  // namespace clew::api
