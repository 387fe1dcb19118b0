// What a mesh consists of: its services with their instances, its gateways, its places.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mesh/nearest/distance.h"
#include "mesh/resource/resource.h"

namespace clew::mesh {

enum class ProxyKind { kSidecar, kEdge, kIngress };
const char* name_of(ProxyKind kind);  // "sidecar", "edge", "ingress"

// What the global control plane tells a zone of others, as resources whose names are "ZONE/NAME":
// which services run there, and where it is entered. Nobody declares them.
inline constexpr char kZoneService[] = "ZoneService";  // zone, service, protocol, ready (instances)
inline constexpr char kZoneIngress[] = "ZoneIngress";  // zone, address, port

/// A core location (Zone) or a point of presence (Edge).
struct Place {
  std::string name;
  std::string datacenter = {}, region = {};  // empty: not said
  std::optional<Coordinates> coordinates = {};
  ResourcePtr resource = {};  // null: named by a dataplane only
};

/// A Dataplane as a proxy: which kind, of which service, where.
struct Proxy {
  ResourcePtr dataplane = {};
  ProxyKind kind = ProxyKind::kSidecar;
  std::string service = {};  // kuma.io/service of its first inbound or of its gateway
  std::string place = {};    // an edge's is its Edge, all others' their Zone
  std::map<std::string, std::string> tags = {};  // of the gateway or of all inbounds, and labels
};

/// One inbound of one dataplane: an instance of a service.
struct Instance {
  ResourcePtr dataplane;
  std::string service, inbound_name, zone;
  std::string address;     // where its sidecar listens for others
  std::string advertised;  // where others reach that
  uint16_t port = 0;
  std::string app_address;  // where the app listens
  uint16_t app_port = 0;
  std::string protocol;  // of kuma.io/protocol: "http", "http2", "grpc", "tcp"
  std::map<std::string, std::string> tags;
  bool ready = true;
};

/// An ingress gateway: how a zone is entered.
struct Ingress {
  ResourcePtr dataplane;  // or the ZoneIngress, where another control plane has that
  std::string zone;
  std::string address;
  uint16_t port = 0;
};

/// A destination of requests. The first port of a MeshService is called as that is, "shop", every
/// further one "shop:8081": so are clusters, their endpoints and virtual hosts of ingresses, and
/// what proxies tell each other in kServiceHeader.
struct Service {
  std::string name;
  std::string port_of =
      {};  // of a further port: the MeshService; what is said of that holds for it
  std::vector<std::string> sections = {};  // how a policy's sectionName may call it: name, number
  std::string protocol = "http";
  std::vector<Instance> instances = {};
  std::vector<ResourcePtr> declared = {};  // MeshServices of that name
  ResourcePtr external = {};               // a MeshExternalService: endpoints outside of the mesh
  std::map<std::string, int> elsewhere = {};  // ready instances of which only the number is known

  /// By which people know it: the MeshService, or what kuma.io/service says.
  const std::string& known_as() const { return port_of.empty() ? name : port_of; }
  bool is_tcp() const { return protocol == "tcp"; }
  bool is_http2() const { return protocol == "http2" || protocol == "grpc"; }
  bool runs_in(std::string_view zone) const;
  /// Instances that are ready, by zone.
  std::map<std::string, int> ready() const;
  /// Requests per second that one instance can take; 0: not said.
  double capacity() const;
};

/// Everything of one mesh in one World. Immutable.
class Catalog {
 public:
  Catalog(const World& world, const std::string& mesh);

  const std::string& mesh() const { return mesh_; }
  const std::map<std::string, Service>& services() const { return services_; }
  /// nullptr when nobody runs or declares it.
  const Service* service(const std::string& name) const;
  /// The name in services() of what a reference chooses: a backendRef's name and `port` (0: not
  /// said, which is the first). Where there is no such port that is the name of nothing, so that
  /// requests are answered with 503: another port would get what is not for it.
  std::string destination(const std::string& name, uint16_t port) const;
  /// The same of a targetRef's sectionName, a port's name or number; empty: the first.
  std::string destination(const std::string& name, const std::string& section) const;
  /// By zone.
  const std::multimap<std::string, Ingress>& ingresses() const { return ingresses_; }
  /// Every edge that is declared, or that a Dataplane says it is at.
  const std::map<std::string, Place>& edges() const { return edges_; }

  /// Those of a zone that has an ingress or runs anything, the one that is nearest to `from` first;
  /// `from` itself is left out. Costs are likely round trips; places without coordinates come last,
  /// in order of their names.
  std::vector<std::string> zones_by_cost(const std::string& from, ProxyKind kind) const;

  /// A place that nobody declared has its name only.
  Place zone(const std::string& name) const;
  Place edge(const std::string& name) const;

 private:
  void add_dataplane(const ResourcePtr& dataplane);
  std::string mesh_;
  std::map<std::string, Service> services_;
  std::multimap<std::string, Ingress> ingresses_;
  std::map<std::string, Place> zones_, edges_;
};

/// How a Dataplane is to be read.
Proxy proxy_of(const ResourcePtr& dataplane);
/// The inbounds of a sidecar, in their order.
std::vector<Instance> instances_of(const ResourcePtr& dataplane, const Proxy& proxy);
/// Service::name of a MeshService's further port.
std::string name_of_port(const std::string& service, uint16_t port);
/// The service that people call so: "shop", or "shop:8081" by any of its ports, the first one, too.
/// kNotFound, with what there is, if there is none or it has no such port. It is the catalog's.
Result<const Service*> service_called(const Catalog& catalog, const std::string& name);
/// "shop" of "shop:8081", and of "shop".
std::string_view service_of(std::string_view name);
/// "8081" of "shop:8081"; empty of "shop".
std::string_view section_of(std::string_view name);
/// Nothing if the Dataplane is of another kind.
std::optional<Ingress> ingress_of(const ResourcePtr& dataplane);

}  // namespace clew::mesh
