#include "opamp/agents.h"

#include <algorithm>
#include <memory>
#include <ranges>
#include <tuple>
#include <utility>

#include "base/limits.h"
#include "base/metrics.h"

namespace clew::opamp {
namespace {

using std::chrono::nanoseconds;

/// How often agents report unless told otherwise: the default of the specification.
constexpr nanoseconds kInterval = std::chrono::seconds(30);
/// So many reports in a row must be missing.
constexpr int kMissed = 3;
constexpr nanoseconds kSilentKept = std::chrono::hours(24);
constexpr nanoseconds kStoppedKept = std::chrono::minutes(15);
/// Looking for what to forget goes through all agents.
constexpr nanoseconds kForgetEvery = std::chrono::seconds(5);
/// What an agent is told to wait that finds no place.
constexpr nanoseconds kRetryAfter = std::chrono::minutes(1);

nanoseconds since(UnixNanos then, UnixNanos now) {
  return nanoseconds(now > then ? static_cast<int64_t>(now - then) : 0);
}

void count_report(const std::string& outcome) {
  metrics::counter("clew_opamp_reports_total", "Reports of agents by what became of them",
                   {{"outcome", outcome}})
      .Increment();
}

/// Whether a report tells all there is to tell of an agent.
bool is_full(const AgentReport& report) {
  return report.description && (report.health || (report.capabilities & kReportsHealth) == 0);
}

bool is_gone(AgentState state) {
  return state == AgentState::kSilent || state == AgentState::kStopped;
}

/// What a restarted agent has in common with the one before, also after an upgrade: its kind, and
/// where it stands. Empty if it does not say enough.
std::string identity_of(const KnownAgent& agent) {
  const AgentDescription& description = agent.description;
  std::string identity(description.find("service.name"));
  if (identity.empty() || description.find("host.name").empty()) return {};
  for (const auto& [name, value] : description.others)
    if (!name.starts_with("os.") && !name.starts_with("process."))
      identity.append(1, '\0').append(name).append(1, '\0').append(value);
  return identity;
}

}  // namespace

std::string_view name_of(AgentState state) {
  constexpr std::array<std::string_view, kAgentStates> kNames = {"unhealthy", "silent", "unknown",
                                                                 "healthy", "stopped"};
  return kNames[static_cast<size_t>(state)];
}

Agents::Agents(const Clock& clock) : clock_(clock) {
  metrics_ = metrics::add_source([this](metrics::TextWriter& writer) {
    auto counts = count();
    writer.family("clew_opamp_agents", "Agents that report, or did, by how they are", "gauge");
    for (size_t state = 0; state < counts.size(); ++state) {
      std::string labels;
      metrics::append_label(labels, "state", name_of(static_cast<AgentState>(state)));
      writer.sample("", labels, counts[state]);
    }
  });
}

ServerAnswer Agents::take(AgentReport report, std::string_view from) {
  std::lock_guard lock(mutex_);
  return take_locked(std::move(report), from, clock_.now());
}

ServerAnswer Agents::take_locked(AgentReport report, std::string_view from, UnixNanos now) {
  ServerAnswer answer{.uid = report.uid, .capabilities = kAcceptsStatus};
  auto found = agents_.find(report.uid);
  bool is_new = found == agents_.end();
  if (is_new && !make_room_locked(now)) {
    count_report("no_room");
    metrics::count_limit_hit("opamp_agents");
    answer.refused = {.type = ServerAnswer::Refusal::kUnavailable,
                      .message = "this server knows as many agents as it may",
                      .retry_after = kRetryAfter};
    return answer;
  }
  if (report.wants_uid) {
    answer.new_uid = new_instance_uid(now);
    if (!is_new) agents_.erase(found);
    found = agents_.try_emplace(*answer.new_uid).first;
  } else if (is_new) {
    found = agents_.try_emplace(report.uid).first;
  }
  Agent& agent = found->second;
  // A gap: what was said in between is not known. A first report may follow one to another store,
  // or to this one before it was restarted.
  bool missed = !is_new && report.sequence != agent.sequence + 1;
  if (!is_new) note_gap(agent, now);
  if (agent.known.first_seen == 0) agent.known.first_seen = now;
  agent.known.uid = found->first;
  agent.known.last_seen = now;
  agent.known.from = from;
  agent.sequence = report.sequence;
  agent.capabilities = report.capabilities;
  agent.stopped = report.disconnects;
  answer.report_full_state =
      (is_new || report.wants_uid || missed) && !is_full(report) && !report.disconnects;
  if (report.description || report.health) agent.known.cut = report.cut;
  if (report.description) agent.known.description = *std::move(report.description);
  if (report.health) agent.known.health = std::move(report.health);
  count_report(answer.report_full_state ? "incomplete" : "taken");
  return answer;
}

/// Makes sure that one more agent may be kept.
bool Agents::make_room_locked(UnixNanos now) {
  if (agents_.size() < limits::kOpampAgents) return true;
  forget_locked(now);
  if (agents_.size() < limits::kOpampAgents) return true;
  auto longest = agents_.end();
  for (auto it = agents_.begin(); it != agents_.end(); ++it)
    if (is_gone(state_of(it->second, now)) &&
        (longest == agents_.end() || it->second.known.last_seen < longest->second.known.last_seen))
      longest = it;
  if (longest == agents_.end()) return false;
  agents_.erase(longest);
  return true;
}

/// Forgets who has been gone for long, and who has a successor.
void Agents::forget_locked(UnixNanos now) {
  if (since(forgot_, now) < kForgetEvery) return;
  forgot_ = now;
  std::erase_if(agents_, [now](const auto& entry) {
    AgentState state = state_of(entry.second, now);
    auto gone_for = since(entry.second.known.last_seen, now);
    return (state == AgentState::kSilent && gone_for > kSilentKept) ||
           (state == AgentState::kStopped && gone_for > kStoppedKept);
  });
  std::map<std::string, std::vector<const Agent*>> by_identity;
  for (const auto& [uid, agent] : agents_)
    if (auto identity = identity_of(agent.known); !identity.empty())
      by_identity[identity].push_back(&agent);
  for (auto& [identity, same] : by_identity)
    if (same.size() > 1)
      for (const InstanceUid& uid : succeeded(std::move(same), now)) agents_.erase(uid);
}

/// Those of `same`, agents of one identity, that have a successor. Each is the successor of one
/// only, the last that was gone before it came: of two on one host the one that does not come back
/// stays to be seen.
std::vector<InstanceUid> Agents::succeeded(std::vector<const Agent*> same, UnixNanos now) {
  std::ranges::sort(same, {}, [](const Agent* agent) { return agent->known.first_seen; });
  auto last_seen = [](const Agent* agent) { return agent->known.last_seen; };
  std::vector<InstanceUid> uids;
  std::vector<const Agent*> gone;
  for (const Agent* agent : same) {
    std::ranges::sort(gone, {}, last_seen);
    auto after = std::ranges::lower_bound(gone, agent->known.first_seen, {}, last_seen);
    if (after != gone.begin()) {
      uids.push_back((*std::prev(after))->known.uid);
      gone.erase(std::prev(after));
    }
    if (is_gone(state_of(*agent, now))) gone.push_back(agent);
  }
  return uids;
}

void Agents::note_gap(Agent& agent, UnixNanos now) {
  agent.gaps[agent.next_gap++ % kGaps] = since(agent.known.last_seen, now);
}

/// How often it reports: the second longest of the last gaps, since one may have been an outage,
/// and agents report between times, too, when something has changed.
nanoseconds Agents::interval_of(const Agent& agent) {
  auto gaps = agent.gaps;
  std::ranges::nth_element(gaps, gaps.begin() + 1, std::ranges::greater());
  return std::max(gaps[1], kInterval);
}

AgentState Agents::state_of(const Agent& agent, UnixNanos now) {
  if (agent.stopped) return AgentState::kStopped;
  if (since(agent.known.last_seen, now) > kMissed * interval_of(agent)) return AgentState::kSilent;
  if (!agent.known.health) return AgentState::kUnknown;
  return agent.known.health->healthy ? AgentState::kHealthy : AgentState::kUnhealthy;
}

Agents::List Agents::list(size_t most) {
  std::lock_guard lock(mutex_);
  UnixNanos now = clock_.now();
  forget_locked(now);
  using Key = std::tuple<AgentState, std::string_view, std::string_view, InstanceUid>;
  std::vector<std::pair<Key, const Agent*>> order;
  List list;
  for (const auto& [uid, agent] : agents_) {
    AgentState state = state_of(agent, now);
    ++list.counts[static_cast<size_t>(state)];
    const AgentDescription& description = agent.known.description;
    order.emplace_back(
        Key(state, description.find("host.name"), description.find("service.name"), uid), &agent);
  }
  size_t kept = std::min(most, order.size());
  std::ranges::partial_sort(order, order.begin() + static_cast<ptrdiff_t>(kept));
  for (const auto& [key, agent] : std::views::take(order, kept)) {
    KnownAgent& known = list.agents.emplace_back(agent->known);
    known.state = std::get<AgentState>(key);
    known.silent_after = kMissed * interval_of(*agent);
  }
  return list;
}

std::array<uint64_t, kAgentStates> Agents::count() {
  return list(0).counts;
}

}  // namespace clew::opamp
