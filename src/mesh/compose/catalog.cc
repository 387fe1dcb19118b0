#include "mesh/compose/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "mesh/resource/json_access.h"
#include "mesh/resource/references.h"

namespace clew::mesh {
namespace {

constexpr char kServiceTag[] = "kuma.io/service";
constexpr char kZoneTag[] = "kuma.io/zone";
constexpr char kProtocolTag[] = "kuma.io/protocol";
constexpr char kEdgeLabel[] = "clew.io/edge";

using Tags = std::map<std::string, std::string>;

std::string get(const Tags& tags, const std::string& name, std::string_view otherwise = "") {
  auto found = tags.find(name);
  return found == tags.end() ? std::string(otherwise) : found->second;
}

Place place_of(const ResourcePtr& resource) {
  const Json& body = resource->body;
  Place place{.name = resource->key.name,
              .datacenter = text_at(body, "place.datacenter"),
              .region = text_at(body, "place.region"),
              .resource = resource};
  if (at(body, "coordinates").is_object())
    place.coordinates = {real_at(body, "coordinates.latitude", 0),
                         real_at(body, "coordinates.longitude", 0)};
  return place;
}

std::map<std::string, Place> places_of(const World& world, std::string_view kind) {
  std::map<std::string, Place> places;
  for (const ResourcePtr& each : world.of(kind)) places.emplace(each->key.name, place_of(each));
  return places;
}

Place find_place(const std::map<std::string, Place>& places, const std::string& name) {
  auto found = places.find(name);
  return found == places.end() ? Place{.name = name} : found->second;
}

/// Kuma's `state` and its older `health.ready`.
bool is_ready(const Json& inbound) {
  std::string state = text_at(inbound, "state", "Ready");
  const Json& ready = at(inbound, "health.ready");
  return state == "Ready" && !(ready.is_boolean() && !ready.get<bool>());
}

/// Whether a MeshService of Kuma selects an instance.
bool selects(const Json& selector, const Instance& instance) {
  auto all_in = [](const Tags& wanted, const Tags& there) {
    return !wanted.empty() && std::ranges::all_of(wanted, [&](const auto& pair) {
      auto found = there.find(pair.first);
      return found != there.end() && found->second == pair.second;
    });
  };
  return all_in(texts_at(selector, "dataplaneTags"), instance.tags) ||
         all_in(texts_at(selector, "dataplaneLabels.matchLabels"), instance.dataplane->labels) ||
         text_at(selector, "dataplaneRef.name") == instance.dataplane->key.name;
}

/// Whether a MeshService's port is that inbound.
bool is_target(const Json& port, const Instance& instance) {
  const Json& target = at(port, "targetPort");
  if (target.is_null()) return port_at(port, "port") == instance.port;
  if (target.is_string() && target == instance.inbound_name) return true;
  return port_at(port, "targetPort") == instance.port;
}

/// The same of any of its ports; without ports every inbound is one.
bool is_target_of_any(const Json& ports, const Instance& instance) {
  return ports.empty() ||
         std::ranges::any_of(ports, [&](const Json& port) { return is_target(port, instance); });
}

/// A MeshService with the inbounds that its selector and its ports choose from other services.
struct Declared {
  ResourcePtr resource;
  std::vector<Instance> selected = {};
};

Declared select(const ResourcePtr& resource, const std::map<std::string, Service>& services) {
  Declared declared{resource};
  const Json& selector = at(resource->body, "spec.selector");
  if (!selector.is_object()) return declared;
  const Json& ports = list_at(resource->body, "spec.ports");
  for (const auto& [name, service] : services)
    for (const Instance& instance : service.instances)
      if (name != resource->key.name && selects(selector, instance) &&
          is_target_of_any(ports, instance))
        declared.selected.push_back(instance);
  return declared;
}

/// A service as a MeshService's port says it is.
void declare(Service& service, const ResourcePtr& resource, const Json& port,
             std::vector<Instance> selected) {
  service.declared.push_back(resource);
  if (std::string name = text_at(port, "name"); !name.empty()) service.sections.push_back(name);
  if (port.is_object()) service.sections.push_back(std::to_string(port_at(port, "port")));
  std::string protocol = text_at(port, "appProtocol");
  if (protocol.empty() && service.instances.empty() && service.elsewhere.empty() &&
      !selected.empty())
    protocol = selected.front().protocol;
  if (!protocol.empty()) service.protocol = protocol;
  std::ranges::move(selected, std::back_inserter(service.instances));
}

/// One service for each port. With one port the inbounds that kuma.io/service calls alike are its
/// instances, whatever theirs are; with several each is of the ports that name it.
void add_declared(Declared declared, std::map<std::string, Service>& services) {
  static const Json kNothing;
  const ResourcePtr& resource = declared.resource;
  const std::string& name = resource->key.name;
  const Json& ports = list_at(resource->body, "spec.ports");
  Service& first = services[name];
  first.name = name;
  if (ports.size() <= 1)
    return declare(first, resource, ports.empty() ? kNothing : ports[0],
                   std::move(declared.selected));
  std::vector<Instance> all = std::exchange(first.instances, {});
  std::ranges::move(declared.selected, std::back_inserter(all));
  for (const Json& port : ports) {
    bool further = &port != &ports[0];
    std::string key = further ? name_of_port(name, port_at(port, "port")) : name;
    Service& service = services[key];
    service.name = key;
    if (further) service.port_of = name;
    std::vector<Instance> chosen;
    std::ranges::copy_if(all, std::back_inserter(chosen),
                         [&](const Instance& each) { return is_target(port, each); });
    declare(service, resource, port, std::move(chosen));
  }
}

/// A service of another zone, and its protocol if nothing else tells it.
void add_elsewhere(const ResourcePtr& resource, std::map<std::string, Service>& services) {
  const Json& body = resource->body;
  std::string name = text_at(body, "service");
  auto [found, is_new] = services.try_emplace(name, Service{.name = name});
  if (is_new) found->second.protocol = text_at(body, "protocol", "http");
  found->second.elsewhere[text_at(body, "zone")] = static_cast<int>(real_at(body, "ready", 0));
}

void add_external(const ResourcePtr& resource, std::map<std::string, Service>& services) {
  Service& service = services[resource->key.name];
  service.name = resource->key.name;
  service.external = resource;
  service.protocol = text_at(resource->body, "spec.match.protocol", "http");
}

/// Of the MeshService that says what they are; none if there is no such.
const Json& declared_ports(const Service& service) {
  static const Json kNone = Json::array();
  return service.declared.empty() ? kNone : list_at(service.declared.front()->body, "spec.ports");
}

/// "there are cart, shop", of very many the first ones.
std::string text_of_names(const std::map<std::string, Service>& services) {
  constexpr size_t kMost = 20;
  if (services.empty()) return "there are none yet";
  std::vector<std::string_view> names;
  for (const auto& [name, service] : services)
    if (names.size() < kMost) names.push_back(name);
  std::string more =
      services.size() > kMost ? fmt::format(" and {} more", services.size() - kMost) : "";
  return fmt::format("there are {}{}", fmt::join(names, ", "), more);
}

}  // namespace

const char* name_of(ProxyKind kind) {
  switch (kind) {
    case ProxyKind::kSidecar:
      return "sidecar";
    case ProxyKind::kEdge:
      return "edge";
    case ProxyKind::kIngress:
      return "ingress";
  }
  return "";
}

std::map<std::string, int> Service::ready() const {
  std::map<std::string, int> counts = elsewhere;
  for (const Instance& each : instances)
    if (each.ready) ++counts[each.zone];
  std::erase_if(counts, [](const auto& entry) { return entry.second == 0; });
  return counts;
}

bool Service::runs_in(std::string_view zone) const {
  auto known = elsewhere.find(std::string(zone));
  if (known != elsewhere.end() && known->second > 0) return true;
  return std::ranges::any_of(instances,
                             [&](const Instance& each) { return each.zone == zone && each.ready; });
}

double Service::capacity() const {
  return declared.empty() ? 0
                          : real_at(declared.front()->body, "spec.capacity.requestsPerSecond", 0);
}

Proxy proxy_of(const ResourcePtr& dataplane) {
  Proxy proxy{.dataplane = dataplane};
  const Json& networking = at(dataplane->body, "networking");
  std::string type = text_at(networking, "gateway.type");
  if (type == "EDGE") proxy.kind = ProxyKind::kEdge;
  if (type == "INGRESS") proxy.kind = ProxyKind::kIngress;
  proxy.tags = texts_at(networking, "gateway.tags");
  for (const Json& inbound : list_at(networking, "inbound"))
    proxy.tags.merge(texts_at(inbound, "tags"));
  proxy.service = get(proxy.tags, kServiceTag);
  if (proxy.service.empty() && proxy.kind == ProxyKind::kEdge) proxy.service = "clew-edge";
  if (proxy.service.empty() && proxy.kind == ProxyKind::kIngress) proxy.service = "clew-ingress";
  for (const auto& [name, value] : dataplane->labels) proxy.tags.emplace(name, value);
  proxy.place = get(proxy.tags, kZoneTag, "default");
  if (proxy.kind == ProxyKind::kEdge)
    proxy.place = get(proxy.tags, kEdgeLabel, dataplane->key.name);
  return proxy;
}

std::optional<Ingress> ingress_of(const ResourcePtr& dataplane) {
  Proxy proxy = proxy_of(dataplane);
  if (proxy.kind != ProxyKind::kIngress) return std::nullopt;
  const Json& networking = at(dataplane->body, "networking");
  const Json& listeners = list_at(networking, "gateway.listeners");
  std::string address = text_at(networking, "advertisedAddress", text_at(networking, "address"));
  uint16_t port = listeners.empty() ? uint16_t{0} : port_at(listeners[0], "port");
  return Ingress{dataplane, proxy.place, std::move(address), port};
}

Catalog::Catalog(const World& world, const std::string& mesh)
    : mesh_(mesh), zones_(places_of(world, "Zone")), edges_(places_of(world, "Edge")) {
  for (const ResourcePtr& each : world.of("Dataplane", mesh)) add_dataplane(each);
  for (const ResourcePtr& each : world.of(kZoneIngress, mesh)) {
    std::string zone = text_at(each->body, "zone");
    ingresses_.emplace(
        zone, Ingress{each, zone, text_at(each->body, "address"), port_at(each->body, "port")});
  }
  // Nobody enters a zone that is switched off.
  for (const auto& [name, zone] : zones_)
    if (at(zone.resource->body, "enabled") == false) ingresses_.erase(name);
  for (const ResourcePtr& each : world.of(kZoneService, mesh)) add_elsewhere(each, services_);
  // First all of them choose: what one has chosen another may choose as well.
  auto of_mesh = world.of("MeshService", mesh);
  std::vector<Declared> declared;
  declared.reserve(of_mesh.size());
  for (const ResourcePtr& each : of_mesh) declared.push_back(select(each, services_));
  for (Declared& each : declared) add_declared(std::move(each), services_);
  for (const ResourcePtr& each : world.of("MeshExternalService", mesh))
    add_external(each, services_);
}

void Catalog::add_dataplane(const ResourcePtr& dataplane) {
  Proxy proxy = proxy_of(dataplane);
  if (proxy.kind == ProxyKind::kEdge) edges_.try_emplace(proxy.place, Place{.name = proxy.place});
  if (auto ingress = ingress_of(dataplane)) ingresses_.emplace(ingress->zone, *ingress);
  if (proxy.kind != ProxyKind::kSidecar) return;
  for (Instance& instance : instances_of(dataplane, proxy)) {
    Service& service = services_[instance.service];
    service.name = instance.service;
    service.protocol = instance.protocol;
    service.instances.push_back(std::move(instance));
  }
}

std::vector<Instance> instances_of(const ResourcePtr& dataplane, const Proxy& proxy) {
  std::vector<Instance> instances;
  const Json& networking = at(dataplane->body, "networking");
  for (const Json& inbound : list_at(networking, "inbound")) {
    Tags tags = texts_at(inbound, "tags");
    uint16_t port = port_at(inbound, "port");
    std::string address = text_at(inbound, "address", text_at(networking, "address"));
    instances.push_back({
        .dataplane = dataplane,
        .service = get(tags, kServiceTag, proxy.service),
        .inbound_name = text_at(inbound, "name"),
        .zone = get(tags, kZoneTag, proxy.place),
        .address = address,
        .advertised = text_at(networking, "advertisedAddress", address),
        .port = port,
        .app_address = text_at(inbound, "serviceAddress", "127.0.0.1"),
        .app_port = port_at(inbound, "servicePort", port),
        .protocol = get(tags, kProtocolTag, text_at(inbound, "protocol", "http")),
        .tags = std::move(tags),
        .ready = is_ready(inbound),
    });
  }
  return instances;
}

std::string name_of_port(const std::string& service, uint16_t port) {
  return service + ":" + std::to_string(port);
}

std::string_view service_of(std::string_view name) {
  size_t colon = name.rfind(':');
  bool port = colon != name.npos && colon + 1 < name.size() &&
              name.find_first_not_of("0123456789", colon + 1) == name.npos;
  return port ? name.substr(0, colon) : name;
}

std::string_view section_of(std::string_view name) {
  return name.substr(std::min(name.size(), service_of(name).size() + 1));
}

Result<const Service*> service_called(const Catalog& catalog, const std::string& name) {
  std::string_view plain = service_of(name);
  std::string section(section_of(name));
  const Service* first = catalog.service(std::string(plain));
  if (first == nullptr)
    return fail(Code::kNotFound, "mesh {} has no service {}; {}", catalog.mesh(), plain,
                text_of_names(catalog.services()));
  const Service* found = catalog.service(catalog.destination(std::string(plain), section));
  if (found != nullptr) return found;
  const Json& ports = declared_ports(*first);
  if (ports.empty())
    return fail(Code::kNotFound, "no MeshService {} says what its ports are; leave the port out",
                plain);
  return fail(Code::kNotFound, "MeshService {} has no port {}; there {} {}", plain, section,
              ports.size() == 1 ? "is" : "are", text_of_ports(ports));
}

const Service* Catalog::service(const std::string& name) const {
  auto found = services_.find(name);
  return found == services_.end() ? nullptr : &found->second;
}

std::string Catalog::destination(const std::string& name, uint16_t port) const {
  return port == 0 ? name : destination(name, std::to_string(port));
}

std::string Catalog::destination(const std::string& name, const std::string& section) const {
  if (section.empty()) return name;
  const Service* first = service(name);
  auto is = [&](const Json& holder, std::string_view field) {
    return section == std::to_string(port_at(holder, field));
  };
  if (first != nullptr && first->external && is(first->external->body, "spec.match.port"))
    return name;
  if (first == nullptr) return name + ":" + section;
  const Json& ports = declared_ports(*first);
  for (const Json& port : ports)
    if (is(port, "port") || section == text_at(port, "name"))
      return &port == &ports[0] ? name : name_of_port(name, port_at(port, "port"));
  return name + ":" + section;
}

Place Catalog::zone(const std::string& name) const {
  return find_place(zones_, name);
}
Place Catalog::edge(const std::string& name) const {
  return find_place(edges_, name);
}

std::vector<std::string> Catalog::zones_by_cost(const std::string& from, ProxyKind kind) const {
  Place here = kind == ProxyKind::kEdge ? edge(from) : zone(from);
  std::vector<std::pair<double, std::string>> costs;
  for (auto it = ingresses_.begin(); it != ingresses_.end();
       it = ingresses_.upper_bound(it->first)) {
    if (kind != ProxyKind::kEdge && it->first == from) continue;
    costs.emplace_back(likely_round_trip(here.coordinates, zone(it->first).coordinates), it->first);
  }
  std::ranges::sort(costs);
  std::vector<std::string> names;
  for (auto& [cost, name] : costs) names.push_back(std::move(name));
  return names;
}

}  // namespace clew::mesh
