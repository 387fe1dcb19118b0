// The agent's side: tells an OpAMP server what the agent is and how it is.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "opamp/session.h"

namespace clew::opamp {

/// Carries a message to the server and its answer back; calls `done` exactly once, on any thread,
/// with the answer's body or why there is none. Must not block.
using Send = std::function<void(std::string message,
                                std::move_only_function<void(Result<std::string>)> done)>;

/// Reports to one server: when it starts, at least every polling_interval, and within seconds when
/// health has changed, on a thread of its own. That it fails is logged once, until it works again.
class Reporter {
 public:
  /// `health` is asked once a second, on the reporter's thread. `name` is who it is in the log.
  Reporter(std::string name, SessionOptions options, std::function<ComponentHealth()> health,
           Send send);
  /// Without a goodbye; see stop().
  ~Reporter();

  /// Says goodbye, so that the server does not miss the agent, and waits for the answer until
  /// `deadline`. Nothing is reported any more.
  void stop(std::chrono::steady_clock::time_point deadline);

 private:
  class State;
  std::shared_ptr<State> state_;  // shared with answers that are still to come
};

}  // namespace clew::opamp
