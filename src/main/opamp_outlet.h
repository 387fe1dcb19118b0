// The OpAMP servers an agent reports to.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "main/roles.h"
#include "net/authorization.h"
#include "net/http_client.h"
#include "opamp/reporter.h"

namespace clew {

/// Reports to each server that the configuration names, from start() on.
class OpampOutlets {
 public:
  /// Once. kInvalid or kIo, named by the extension. `health` is asked on threads of the reporters.
  Result<void> start(const AgentConfig& config,
                     const std::function<opamp::ComponentHealth()>& health);

  /// Says goodbye to them, until `deadline` at the latest.
  void stop(std::chrono::steady_clock::time_point deadline);

 private:
  struct Outlet {
    std::unique_ptr<net::HttpClient> client;
    std::shared_ptr<net::Authorization> authorization;
    std::unique_ptr<opamp::Reporter> reporter;  // goes first: it sends through the others
  };

  std::vector<Outlet> outlets_;
};

}  // namespace clew
