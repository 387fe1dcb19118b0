// How an agent is, part by part, as it tells OpAMP servers.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "agent/exporters.h"
#include "agent/pressure.h"
#include "api/agent_page.h"
#include "main/roles.h"
#include "opamp/messages.h"

namespace clew {

/// Looks at the parts of a running agent. Any thread may call it; what is handed in must outlive
/// it.
class AgentHealth {
 public:
  AgentHealth(const AgentConfig& config, const agent::Exporters& exporters,
              agent::Pressure& pressure);

  /// The configuration that was read again: what of it is in force, or why it is not taken.
  void reloaded(const Result<void>& outcome);
  void set_sampling(const std::optional<agent::SamplingConfig>& sampling);

  /// The agent is healthy if all its parts are; else last_error names those that are not.
  opamp::ComponentHealth now();

 private:
  opamp::ComponentHealth receivers() const;
  opamp::ComponentHealth exporters() const;
  opamp::ComponentHealth memory();
  opamp::ComponentHealth part(std::string status, std::string error = {}) const;

  const UnixNanos started_;
  const api::AgentAbout::Names receivers_;
  const agent::Exporters& exporters_;
  agent::Pressure& pressure_;

  std::mutex mutex_;  // of what follows
  std::string sampling_;
  std::string reload_error_;
};

}  // namespace clew
