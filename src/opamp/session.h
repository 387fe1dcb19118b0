// What an agent says to an OpAMP server, and when: no threads, sockets or clock.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "opamp/messages.h"

namespace clew::opamp {

struct SessionOptions {
  InstanceUid uid = {};  // of this process
  AgentDescription description = {};
  std::chrono::milliseconds polling_interval{30'000};
};

/// The reports of one agent to one server, one after the other. Each tells only what the server
/// does not know yet; all is told in the first, after an error, and when the server asks. Not
/// thread-safe. Times are those of a clock that does not go back.
class Session {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Session(SessionOptions options) : options_(std::move(options)) {}

  /// The report that is due now, if one is; its answer must come before the next call gives one.
  std::optional<std::string> next(const ComponentHealth& health, Time now);

  /// The last report, to be sent whatever is due.
  std::string goodbye();

  /// The answer to what next() gave. An error says what went wrong with the last report; it is said
  /// again in time.
  Result<void> answered(const Result<std::string>& answer, Time now);

 private:
  bool is_due(const ComponentHealth& health, Time now) const;
  Result<void> judge(const Result<std::string>& answer);

  SessionOptions options_;
  uint64_t sequence_ = 0;
  bool in_flight_ = false;
  bool tell_all_ = true;
  std::optional<ComponentHealth> told_;  // in the last report
  std::optional<Time> sent_;             // the last report
  Time not_before_{};                    // the next one
  int failures_ = 0;                     // in a row
};

}  // namespace clew::opamp
