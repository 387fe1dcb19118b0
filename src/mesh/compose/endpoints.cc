#include <utility>

#include "mesh/compose/cluster.h"

namespace clew::mesh {
namespace {

/// What custom tags of spans read: where a request went, and why there.
Json metadata_of(const Place& zone, std::string_view reason) {
  Json values = {{"core_location", zone.name}, {"reason", reason}};
  if (!zone.datacenter.empty()) values["datacenter"] = zone.datacenter;
  return {{"filter_metadata", {{"clew", std::move(values)}}}};
}

Json member(const std::string& address, uint16_t port, Json metadata, bool healthy = true) {
  Json endpoint = {{"endpoint", {{"address", socket_address(address, port)}}},
                   {"metadata", std::move(metadata)}};
  if (!healthy) endpoint["health_status"] = "UNHEALTHY";
  return endpoint;
}

class Assignment {
 public:
  Assignment(const Catalog& catalog, const std::string& name) : catalog_(catalog), name_(name) {}

  /// Not those that are not ready. Envoy would count them as lost, and send a part of the requests
  /// to other zones although the ready ones here are as many as before.
  void add_instances(const Service& service, const std::string& zone) {
    Json members = Json::array();
    for (const Instance& each : service.instances) {
      if (each.zone != zone || !each.ready) continue;
      members.push_back(
          member(each.advertised, each.port, metadata_of(catalog_.zone(zone), "local")));
      append_origins(origins_, {each.dataplane->key});
    }
    add(zone, next_priority(), std::move(members));
  }

  /// The ingresses of another zone, after what is there.
  void add_next(const std::string& zone) {
    add_ingresses(zone, next_priority(), localities_.empty() ? "nearest" : "failover", false);
  }

  /// The same, where an edge prefers it.
  void add_preferred(const Preference& preference) {
    add_ingresses(preference.zone, static_cast<size_t>(preference.priority),
                  name_of(preference.reason), preference.down);
    localities_.back()["load_balancing_weight"] = preference.weight;
  }

  Draft finish() && {
    Json body = {{"cluster_name", name_}, {"endpoints", std::move(localities_)}};
    return {PieceType::kEndpoints, name_, std::move(body), std::move(origins_)};
  }

 private:
  void add_ingresses(const std::string& zone, size_t priority, std::string_view reason, bool down) {
    Json members = Json::array();
    auto [begin, end] = catalog_.ingresses().equal_range(zone);
    for (auto it = begin; it != end; ++it) {
      members.push_back(member(it->second.address, it->second.port,
                               metadata_of(catalog_.zone(zone), reason), !down));
      append_origins(origins_, {it->second.dataplane->key});
    }
    add(zone, priority, std::move(members));
  }

  void add(const std::string& zone, size_t priority, Json members) {
    if (members.empty()) return;
    localities_.push_back({{"locality", {{"zone", zone}}},
                           {"priority", priority},
                           {"lb_endpoints", std::move(members)}});
  }

  /// Priorities are without gaps.
  size_t next_priority() const { return localities_.size(); }

  const Catalog& catalog_;
  const std::string& name_;
  Json localities_ = Json::array();
  std::vector<ResourceKey> origins_;
};

}  // namespace

std::vector<Preference> preferences_of(const Catalog& catalog, const Routing* routing,
                                       const Service& service, const std::string& edge) {
  std::vector<Candidate> candidates;
  if (routing != nullptr && routing->edges.contains(edge))
    candidates = routing->edges.at(edge);
  else
    for (std::string& zone : catalog.zones_by_cost(edge, ProxyKind::kEdge))
      candidates.push_back({.zone = std::move(zone)});
  std::erase_if(candidates, [&](const Candidate& each) {
    return !service.runs_in(each.zone) || !catalog.ingresses().contains(each.zone);
  });
  const std::map<std::string, int>* shares = nullptr;
  if (routing != nullptr) {
    auto found = routing->shares.find({edge, catalog.mesh(), service.name});
    if (found != routing->shares.end()) shares = &found->second;
  }
  return preferences(candidates, shares);
}

Draft endpoints_of(const Catalog& catalog, const std::string& service, const Proxy& from,
                   const std::vector<Preference>& preferences) {
  Assignment assignment(catalog, service);
  const Service* known = catalog.service(service);
  if (known == nullptr) return std::move(assignment).finish();
  if (from.kind == ProxyKind::kEdge) {
    for (const Preference& each : preferences) assignment.add_preferred(each);
    return std::move(assignment).finish();
  }
  assignment.add_instances(*known, from.place);
  if (from.kind == ProxyKind::kSidecar)
    for (const std::string& zone : catalog.zones_by_cost(from.place, from.kind))
      if (known->runs_in(zone)) assignment.add_next(zone);
  return std::move(assignment).finish();
}

}  // namespace clew::mesh
