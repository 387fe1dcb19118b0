// Which core locations each edge uses, as decided at one moment.
#pragma once

#include <compare>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace clew::mesh {

/// A core location as an edge sees it.
struct Candidate {
  std::string zone;
  bool down = false;
  int percent = 100;  // of the edge's requests that it may get: less while it recovers

  bool operator==(const Candidate&) const = default;
};

/// A service as it is seen from an edge.
struct ServiceAt {
  std::string edge, mesh, service;

  auto operator<=>(const ServiceAt&) const = default;
};

/// Immutable, made by Decider.
struct Routing {
  /// By edge, the nearest first.
  std::map<std::string, std::vector<Candidate>> edges;
  /// Percent of the requests by zone; where a service has a capacity. They sum to 100.
  std::map<ServiceAt, std::map<std::string, int>> shares;
};

using RoutingPtr = std::shared_ptr<const Routing>;

/// One core location that may answer a request for a service, in order of preference.
struct Preference {
  enum class Reason { kNearest, kSpill, kFailover };

  std::string zone;
  int priority = 0;   // Envoy's: the next are used if nobody of this one is healthy
  int weight = 100;   // among those of one priority
  bool down = false;  // do not use
  Reason reason = Reason::kNearest;
};
std::string_view name_of(Preference::Reason reason);  // "nearest", "spill", "failover"

/// What an edge does with requests for a service that runs in `candidates`; `shares` as in Routing,
/// null if it has no capacity. If all are down none counts as down: an edge that sees nobody is
/// likelier to be wrong about it than right.
std::vector<Preference> preferences(const std::vector<Candidate>& candidates,
                                    const std::map<std::string, int>* shares);

/// The edges that do something else now: with which services, or all ("*").
using RoutingChanges = std::map<std::string, std::set<std::string>>;
/// Of services of one mesh; `before` may be null.
RoutingChanges changes_of(const Routing* before, const Routing& after, const std::string& mesh);

}  // namespace clew::mesh
