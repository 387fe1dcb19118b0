// Decides for every edge which core locations it uses.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "mesh/nearest/distance.h"
#include "mesh/nearest/health.h"
#include "mesh/nearest/link.h"
#include "mesh/nearest/loads.h"
#include "mesh/nearest/order.h"
#include "mesh/nearest/routing.h"

namespace clew::mesh {

/// What there is, as far as it matters here.
struct Terrain {
  /// A service whose instances must not get more requests than they can take.
  struct LimitedService {
    std::string mesh, name;
    double capacity = 0;                   // requests per second of one instance
    std::map<std::string, int> instances;  // that are ready, by zone
  };

  std::map<std::string, std::optional<Coordinates>> edges;
  std::map<std::string, std::optional<Coordinates>> zones;  // those with an ingress
  std::vector<LimitedService> limited;
};

/// What an edge knows of a core location.
struct Knowledge {
  std::string zone;
  Cost cost;
  std::optional<double> round_trip = {};  // milliseconds, measured
  double loss = 0;
  bool silent = false;  // its own probes get no answer
  bool down = false;    // nobody is sent there
  int percent = 100;    // it may get while it recovers
  Rate rate = {};       // of all services
};

/// What must outlive a restart, so that no proxy notices it.
struct Memory {
  struct Zone {
    std::string name;
    Cost cost;
    bool down = false;
  };
  std::map<std::string, std::vector<Zone>> edges;          // in their order
  std::map<ServiceAt, std::map<std::string, int>> shares;  // as Routing's
};

/// Takes what edges measure and what they send, and decides once a second and whenever a core
/// location falls silent. Any thread may call everything.
///
/// An edge prefers the core location with the least cost: the measured round trip, or the likely
/// one where nothing was measured, and what lost packets cost. See Order for how steady that is,
/// Health for what happens to one that does not answer, fill() for those that are full. A core
/// location that more than half of the edges that probe it find silent is down for all of them; an
/// edge that sees none at all has no say in that.
class Decider {
 public:
  void set(Terrain terrain);
  /// What probes of a core location found, as Link::add(). True if it fell silent by that: decide
  /// now.
  bool add_probes(const std::string& edge, const std::string& zone, const std::string& from,
                  std::span<const uint32_t> round_trips, UnixNanos now);
  /// As Loads::add().
  void add_loads(const std::string& edge, const std::string& mesh, const std::string& proxy,
                 std::span<const Load> report, double seconds, UnixNanos now);

  /// The same pointer as the last time if nothing has changed.
  RoutingPtr decide(UnixNanos now);

  Memory memory() const;
  /// After set(), before anything else: goes on where another has ended. Shares stay for some
  /// seconds, until edges have said again how many requests they have.
  void remember(const Memory& memory, UnixNanos now);

  /// All core locations as an edge sees them, in its order; empty for an edge that is not known.
  std::vector<Knowledge> knowledge(const std::string& edge, UnixNanos now) const;
  /// Requests for a service by zone.
  std::map<std::string, Rate> rates(const ServiceAt& at, UnixNanos now) const;

 private:
  struct Way {
    Link link;
    Health health;
    Cost cost;
  };
  struct Edge {
    std::map<std::string, Way> ways;  // by zone
    Order order;
  };
  struct Shares {
    std::map<std::string, int> percent;
    std::vector<Candidate> candidates;  // they were decided for
    UnixNanos decided = 0;
  };

  std::map<std::string, bool> silent_for_most(UnixNanos now) const;
  void update(const std::string& name, Edge& edge, const std::map<std::string, bool>& outages,
              UnixNanos now);
  std::vector<Candidate> candidates_of(const Edge& edge, UnixNanos now) const;
  void share(const Terrain::LimitedService& service, Routing& routing, UnixNanos now);
  bool keeps(const Shares& before, const std::map<std::string, int>& percent,
             const std::vector<Candidate>& candidates, UnixNanos now) const;

  mutable std::mutex mutex_;
  Terrain terrain_;
  std::map<std::string, Edge> edges_;
  Loads loads_;
  std::map<ServiceAt, Shares> shares_;
  RoutingPtr routing_ = std::make_shared<const Routing>();
};

}  // namespace clew::mesh
