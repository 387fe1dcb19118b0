#include <utility>

#include "mesh/compose/cluster.h"

namespace clew::mesh {
namespace {

/// What custom tags of spans read: where a request went, and why there.
Json metadata_of(const Place& zone, const char* reason) {
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

  void add_instances(const Service& service, const std::string& zone) {
    Json members = Json::array();
    for (const Instance& each : service.instances) {
      if (each.zone != zone) continue;
      members.push_back(
          member(each.address, each.port, metadata_of(catalog_.zone(zone), "local"), each.ready));
      append_origins(origins_, {each.dataplane->key});
    }
    add(zone, std::move(members));
  }

  /// The ingresses of a zone that runs the service.
  void add_ingresses(const Service& service, const std::string& zone) {
    if (!service.runs_in(zone)) return;
    const char* reason = localities_.empty() ? "nearest" : "failover";
    Json members = Json::array();
    auto [begin, end] = catalog_.ingresses().equal_range(zone);
    for (auto it = begin; it != end; ++it) {
      members.push_back(
          member(it->second.address, it->second.port, metadata_of(catalog_.zone(zone), reason)));
      append_origins(origins_, {it->second.dataplane->key});
    }
    add(zone, std::move(members));
  }

  Draft finish() && {
    Json body = {{"cluster_name", name_}, {"endpoints", std::move(localities_)}};
    return {PieceType::kEndpoints, name_, std::move(body), std::move(origins_)};
  }

 private:
  /// Localities come in order of preference: each is a priority of its own, without gaps.
  void add(const std::string& zone, Json members) {
    if (members.empty()) return;
    localities_.push_back({{"locality", {{"zone", zone}}},
                           {"priority", localities_.size()},
                           {"lb_endpoints", std::move(members)}});
  }

  const Catalog& catalog_;
  const std::string& name_;
  Json localities_ = Json::array();
  std::vector<ResourceKey> origins_;
};

}  // namespace

Draft endpoints_of(const Catalog& catalog, const std::string& service, const Proxy& from) {
  Assignment assignment(catalog, service);
  const Service* known = catalog.service(service);
  if (known == nullptr) return std::move(assignment).finish();
  if (from.kind != ProxyKind::kEdge) assignment.add_instances(*known, from.place);
  if (from.kind != ProxyKind::kIngress)
    for (const std::string& zone : catalog.zones_by_cost(from.place, from.kind))
      assignment.add_ingresses(*known, zone);
  return std::move(assignment).finish();
}

}  // namespace clew::mesh
