#include "mesh/nearest/routing.h"

#include <algorithm>
#include <utility>

namespace clew::mesh {
namespace {

using Reason = Preference::Reason;

/// Each takes what it may of what those before it left; the last one that is up takes the rest.
std::map<std::string, int> shares_in_order(const std::vector<Candidate>& candidates) {
  std::map<std::string, int> shares;
  int rest = 100;
  const Candidate* last = nullptr;
  for (const Candidate& each : candidates) {
    if (each.down) continue;
    int takes = std::min(rest, each.percent);
    if (takes > 0) shares[each.zone] = takes;
    rest -= takes;
    last = &each;
  }
  if (last != nullptr && rest > 0) shares[last->zone] += rest;
  return shares;
}

int share_of(const std::map<std::string, int>& shares, const std::string& zone) {
  auto found = shares.find(zone);
  return found == shares.end() ? 0 : found->second;
}

}  // namespace

std::string_view name_of(Reason reason) {
  switch (reason) {
    case Reason::kNearest:
      return "nearest";
    case Reason::kSpill:
      return "spill";
    case Reason::kFailover:
      return "failover";
  }
  return "";
}

std::vector<Preference> preferences(const std::vector<Candidate>& candidates,
                                    const std::map<std::string, int>* shares) {
  std::vector<Candidate> usable = candidates;
  if (std::ranges::all_of(usable, &Candidate::down))
    for (Candidate& each : usable) each = {.zone = each.zone};
  auto in_order = shares_in_order(usable);
  auto sums_to_something = [&](const Candidate& each) {
    return !each.down && shares != nullptr && share_of(*shares, each.zone) > 0;
  };
  const auto& used = std::ranges::any_of(usable, sums_to_something) ? *shares : in_order;
  std::vector<Preference> first, next, down;
  for (const Candidate& each : usable) {
    Preference preference{.zone = each.zone, .down = each.down};
    int share = each.down ? 0 : share_of(used, each.zone);
    // The nearest may be the second choice: while it recovers, or is full.
    if (each.zone != usable.front().zone) {
      const Candidate& nearest = usable.front();
      bool whole = !nearest.down && nearest.percent == 100;
      preference.reason = share > 0 && whole ? Reason::kSpill : Reason::kFailover;
    }
    if (share > 0) {
      preference.weight = share;
      first.push_back(std::move(preference));
    } else {
      (each.down ? down : next).push_back(std::move(preference));
    }
  }
  // Those that are down come last, so that they are nobody's next choice.
  std::ranges::move(down, std::back_inserter(next));
  for (Preference& each : next) {
    each.priority = static_cast<int>(first.empty() ? 0 : first.back().priority + 1);
    first.push_back(std::move(each));
  }
  return first;
}

RoutingChanges changes_of(const Routing* before, const Routing& after, const std::string& mesh) {
  static const Routing kNone;
  if (before == nullptr) before = &kNone;
  RoutingChanges changes;
  auto compare = [&](const Routing& one, const Routing& other) {
    for (const auto& [edge, candidates] : one.edges) {
      auto found = other.edges.find(edge);
      if (found == other.edges.end() || found->second != candidates) changes[edge] = {"*"};
    }
    for (const auto& [at, shares] : one.shares) {
      if (at.mesh != mesh) continue;
      auto found = other.shares.find(at);
      if (found == other.shares.end() || found->second != shares)
        changes[at.edge].insert(at.service);
    }
  };
  compare(*before, after);
  compare(after, *before);
  return changes;
}

}  // namespace clew::mesh
