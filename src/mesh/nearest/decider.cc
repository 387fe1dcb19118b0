#include "mesh/nearest/decider.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "mesh/nearest/fill.h"

namespace clew::mesh {
namespace {

/// A lost packet is sent again after 200 ms at the earliest (Linux, RFC 6298's least is a second).
constexpr double kLostMs = 200;
/// Smaller changes of a share are not worth telling every proxy of an edge.
constexpr int kLeastPercent = 3;
constexpr UnixNanos kShareDwell = 2'000'000'000;
/// Edges that lost their control plane are back within 5 s, see proxy_bootstrap.cc.
constexpr UnixNanos kUntilLoadsAreKnown = 10'000'000'000;

}  // namespace

void Decider::set(Terrain terrain) {
  std::lock_guard lock(mutex_);
  terrain_ = std::move(terrain);
  std::erase_if(edges_, [&](const auto& each) { return !terrain_.edges.contains(each.first); });
  for (const auto& [name, coordinates] : terrain_.edges) {
    auto& ways = edges_[name].ways;
    std::erase_if(ways, [&](const auto& each) { return !terrain_.zones.contains(each.first); });
    for (const auto& [zone, where] : terrain_.zones) ways[zone];
  }
  std::erase_if(shares_, [&](const auto& each) {
    return std::ranges::none_of(terrain_.limited, [&](const Terrain::LimitedService& service) {
      return service.mesh == each.first.mesh && service.name == each.first.service;
    });
  });
}

bool Decider::add_probes(const std::string& edge, const std::string& zone, const std::string& from,
                         std::span<const uint32_t> round_trips, UnixNanos now) {
  std::lock_guard lock(mutex_);
  auto found = edges_.find(edge);
  if (found == edges_.end()) return false;
  auto way = found->second.ways.find(zone);
  if (way == found->second.ways.end()) return false;
  Link& link = way->second.link;
  bool before = link.is_silent(now);
  link.add(from, round_trips, now);
  return !before && link.is_silent(now);
}

void Decider::add_loads(const std::string& edge, const std::string& mesh, const std::string& proxy,
                        std::span<const Load> report, double seconds, UnixNanos now) {
  std::lock_guard lock(mutex_);
  loads_.add(edge, mesh, proxy, report, seconds, now);
}

std::map<std::string, bool> Decider::silent_for_most(UnixNanos now) const {
  std::map<std::string, std::pair<int, int>> votes;  // silent, and all
  for (const auto& [name, edge] : edges_) {
    auto is_silent = [&](const auto& each) { return each.second.link.is_silent(now); };
    if (edge.ways.size() > 1 && std::ranges::all_of(edge.ways, is_silent)) continue;
    for (const auto& [zone, way] : edge.ways) {
      if (!way.link.is_probed(now)) continue;
      votes[zone].first += way.link.is_silent(now) ? 1 : 0;
      votes[zone].second += 1;
    }
  }
  std::map<std::string, bool> outages;
  for (const auto& [zone, count] : votes)
    outages[zone] = count.second > 1 && count.first * 2 > count.second;
  return outages;
}

void Decider::update(const std::string& name, Edge& edge,
                     const std::map<std::string, bool>& outages, UnixNanos now) {
  std::map<std::string, Cost> costs;
  for (auto& [zone, way] : edge.ways) {
    auto outage = outages.find(zone);
    bool out = outage != outages.end() && outage->second;
    auto measured = way.link.round_trip();
    way.health.update(way.link.is_silent(now) || out, measured.has_value(), now);
    // What is known of one that is down is of before, and what was measured is better than a guess.
    if (measured && !(way.health.is_down() && way.cost.measured))
      way.cost = {*measured + kLostMs * way.link.loss(), true};
    else if (!way.cost.measured)
      way.cost.milliseconds = likely_round_trip(terrain_.edges[name], terrain_.zones[zone]);
    costs[zone] = way.cost;
  }
  edge.order.update(costs, now);
}

std::vector<Candidate> Decider::candidates_of(const Edge& edge, UnixNanos now) const {
  std::vector<Candidate> candidates;
  for (const std::string& zone : edge.order.zones()) {
    const Health& health = edge.ways.at(zone).health;
    candidates.push_back({.zone = zone, .down = health.is_down(), .percent = health.percent(now)});
  }
  return candidates;
}

/// Whether shares that were decided before are good enough.
bool Decider::keeps(const Shares& before, const std::map<std::string, int>& percent,
                    const std::vector<Candidate>& candidates, UnixNanos now) const {
  bool remembered = before.candidates.empty() && now < before.decided;
  if (!remembered && before.candidates != candidates) return false;
  if (now < before.decided + kShareDwell) return true;
  auto differs = [](const std::map<std::string, int>& one,
                    const std::map<std::string, int>& other) {
    return std::ranges::any_of(one, [&](const auto& each) {
      auto found = other.find(each.first);
      return std::abs(each.second - (found == other.end() ? 0 : found->second)) >= kLeastPercent;
    });
  };
  return !differs(percent, before.percent) && !differs(before.percent, percent);
}

/// Fills the core locations of one service with the requests of all edges.
void Decider::share(const Terrain::LimitedService& service, Routing& routing, UnixNanos now) {
  std::vector<double> capacities;
  std::map<std::string, size_t> index;
  for (const auto& [zone, instances] : service.instances) {
    index[zone] = capacities.size();
    capacities.push_back(service.capacity * instances);
  }
  std::vector<Wish> wishes;
  std::vector<std::vector<Candidate>> candidates;
  for (const auto& [name, edge] : edges_) {
    Wish wish;
    for (const auto& [zone, rate] : loads_.of({name, service.mesh, service.name}, now))
      wish.rate += rate.requests;
    std::vector<Candidate> here;
    for (const Candidate& each : routing.edges[name]) {
      auto zone = index.find(each.zone);
      if (zone == index.end()) continue;
      here.push_back(each);
      // The order, not the cost of this moment: shares must not change more often than that.
      if (!each.down)
        wish.choices.push_back(
            {zone->second, edge.ways.at(each.zone).cost.milliseconds, each.percent / 100.0});
    }
    for (size_t i = 1; i < wish.choices.size(); ++i)
      wish.choices[i].cost = std::max(wish.choices[i].cost, wish.choices[i - 1].cost);
    wishes.push_back(std::move(wish));
    candidates.push_back(std::move(here));
  }
  auto parts = fill(wishes, capacities);
  size_t i = 0;
  for (const auto& [name, edge] : edges_) {
    std::map<std::string, int> percent;
    auto whole = percents(parts[i]);
    size_t choice = 0;
    for (const Candidate& each : candidates[i])
      if (!each.down && whole[choice++] > 0) percent[each.zone] = whole[choice - 1];
    ServiceAt at{name, service.mesh, service.name};
    Shares& shares = shares_[at];
    if (shares.decided == 0 || !keeps(shares, percent, candidates[i], now))
      shares = {std::move(percent), std::move(candidates[i]), now};
    if (!shares.percent.empty()) routing.shares[at] = shares.percent;
    ++i;
  }
}

RoutingPtr Decider::decide(UnixNanos now) {
  std::lock_guard lock(mutex_);
  auto outages = silent_for_most(now);
  Routing routing;
  for (auto& [name, edge] : edges_) {
    update(name, edge, outages, now);
    routing.edges[name] = candidates_of(edge, now);
  }
  for (const auto& service : terrain_.limited) share(service, routing, now);
  if (routing.edges != routing_->edges || routing.shares != routing_->shares)
    routing_ = std::make_shared<const Routing>(std::move(routing));
  return routing_;
}

Memory Decider::memory() const {
  std::lock_guard lock(mutex_);
  Memory memory{.edges = {}, .shares = routing_->shares};
  for (const auto& [name, edge] : edges_)
    for (const std::string& zone : edge.order.zones()) {
      auto way = edge.ways.find(zone);
      if (way != edge.ways.end())
        memory.edges[name].push_back({zone, way->second.cost, way->second.health.is_down()});
    }
  return memory;
}

void Decider::remember(const Memory& memory, UnixNanos now) {
  std::lock_guard lock(mutex_);
  for (const auto& [name, zones] : memory.edges) {
    auto edge = edges_.find(name);
    if (edge == edges_.end()) continue;
    std::vector<std::string> order;
    std::map<std::string, Cost> costs;
    for (const Memory::Zone& zone : zones) {
      auto way = edge->second.ways.find(zone.name);
      if (way == edge->second.ways.end()) continue;
      way->second.cost = costs[zone.name] = zone.cost;
      if (zone.down) way->second.health.set_down(now);
      order.push_back(zone.name);
    }
    // With a zone more or less there is no order that could be kept.
    if (order.size() == edge->second.ways.size())
      edge->second.order.restore(std::move(order), costs);
  }
  for (const auto& [at, percent] : memory.shares)
    shares_[at] = {.percent = percent, .candidates = {}, .decided = now + kUntilLoadsAreKnown};
}

std::vector<Knowledge> Decider::knowledge(const std::string& edge, UnixNanos now) const {
  std::lock_guard lock(mutex_);
  std::vector<Knowledge> all;
  auto found = edges_.find(edge);
  if (found == edges_.end()) return all;
  auto rates = loads_.of_edge(edge, now);
  for (const std::string& zone : found->second.order.zones()) {
    auto entry = found->second.ways.find(zone);
    if (entry == found->second.ways.end()) continue;
    const Way& way = entry->second;
    all.push_back({.zone = zone,
                   .cost = way.cost,
                   .round_trip = way.link.round_trip(),
                   .loss = way.link.loss(),
                   .silent = way.link.is_silent(now),
                   .down = way.health.is_down(),
                   .percent = way.health.percent(now),
                   .rate = rates[zone]});
  }
  return all;
}

std::map<std::string, Rate> Decider::rates(const ServiceAt& at, UnixNanos now) const {
  std::lock_guard lock(mutex_);
  return loads_.of(at, now);
}

}  // namespace clew::mesh
