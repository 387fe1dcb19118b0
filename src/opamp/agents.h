// The agents that report to a store, and how they are.
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "opamp/messages.h"

namespace clew::opamp {

/// How an agent is, the worst first.
enum class AgentState : uint8_t {
  kUnhealthy,  // it says so
  kSilent,     // it has missed three reports
  kUnknown,    // it reports, but not its health
  kHealthy,
  kStopped,  // it said goodbye
};
inline constexpr size_t kAgentStates = 5;

/// "unhealthy", "silent", "unknown", "healthy", "stopped".
std::string_view name_of(AgentState state);

/// What is known of an agent.
struct KnownAgent {
  InstanceUid uid = {};
  AgentState state = AgentState::kUnknown;
  AgentDescription description = {};
  std::optional<ComponentHealth> health = {};  // as last reported
  bool cut = false;                            // limits left out some of what it reported
  std::string from = {};                       // the host its last report came from
  UnixNanos first_seen = 0, last_seen = 0;
  std::chrono::nanoseconds silent_after{};  // without a report
};

/// Keeps what agents report, in memory: after a restart each is asked for all of it again. Any
/// thread may call it.
///
/// An agent is silent when it has missed three reports; how often it reports is learned from it.
/// A silent agent is forgotten after a day, one that said goodbye after a quarter of an hour, and
/// both as soon as there is a successor: one that began to report later with the same service.name
/// and non-identifying attributes (but for os.* and process.*), host.name among them. Most agents
/// have another UID after a restart.
///
/// Metrics: clew_opamp_reports_total{outcome}, clew_opamp_agents{state}.
class Agents {
 public:
  explicit Agents(const Clock& clock = Clock::system());
  Agents(const Agents&) = delete;
  Agents& operator=(const Agents&) = delete;

  /// Takes a report that came from `from` (a host) and gives the answer to it. An agent past
  /// limits::kOpampAgents takes the place of the one that has been gone for longest; if none is
  /// gone it is refused.
  ServerAnswer take(AgentReport report, std::string_view from);

  struct List {
    std::vector<KnownAgent> agents;               // the worst first, then by host and name
    std::array<uint64_t, kAgentStates> counts{};  // of all, by state
  };
  /// At most `most` of them.
  List list(size_t most);

 private:
  static constexpr size_t kGaps = 8;

  struct Agent {
    KnownAgent known;
    uint64_t sequence = 0;
    uint64_t capabilities = 0;
    bool stopped = false;
    std::array<std::chrono::nanoseconds, kGaps> gaps{};  // between its last reports
    size_t next_gap = 0;
  };
  using Table = std::map<InstanceUid, Agent>;

  ServerAnswer take_locked(AgentReport report, std::string_view from, UnixNanos now);
  bool make_room_locked(UnixNanos now);
  void forget_locked(UnixNanos now);
  static void note_gap(Agent& agent, UnixNanos now);
  static std::vector<InstanceUid> succeeded(std::vector<const Agent*> same, UnixNanos now);
  static std::chrono::nanoseconds interval_of(const Agent& agent);
  static AgentState state_of(const Agent& agent, UnixNanos now);
  std::array<uint64_t, kAgentStates> count();

  const Clock& clock_;
  std::mutex mutex_;
  Table agents_;
  UnixNanos forgot_ = 0;           // when forget_locked() last looked
  std::shared_ptr<void> metrics_;  // last: it asks all of the above
};

}  // namespace clew::opamp
