// How pages call the receivers of a role.
#pragma once

#include "api/agent_page.h"
#include "main/roles.h"

namespace clew {

/// Those that are on: "otlp/grpc" → "127.0.0.1:4317"; as metrics of receivers are labelled.
api::AgentAbout::Names receiver_names(const ReceiverConfig& receivers);

}  // namespace clew
