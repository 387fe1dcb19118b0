// Which policies say what about a proxy, one of its inbounds, or a destination of its requests.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/compose/catalog.h"
#include "mesh/resource/json_access.h"

namespace clew::mesh {

/// What several policies of one kind say together: the more specific ones over the more general,
/// field by field, lists as a whole (JSON merge patch, RFC 7396), as Kuma merges.
struct Merged {
  Json conf;                         // null: no policy applies
  std::vector<ResourceKey> origins;  // of them, the most general first

  explicit operator bool() const { return !conf.is_null(); }
};

/// What a `to` or `targetRef` of a policy may name beside proxies.
struct Destination {
  std::string kind;  // "MeshService", "MeshExternalService", "MeshHTTPRoute"
  std::string name;
  std::string section = {};  // a targetRef's sectionName; empty: of all ports
};

/// What policies may name to speak of requests to a service, the most general first: all ports of
/// it, and the one that it is.
std::vector<Destination> destinations_of(const Service& service);

/// The policies of one mesh, in the order in which they apply. Kuma's rules: a targetRef of Mesh is
/// the most general, then MeshGateway, MeshSubset, MeshService, MeshServiceSubset, Dataplane by
/// labels and by name; of two alike the name that comes first wins.
class Policies {
 public:
  Policies(const World& world, const std::string& mesh);

  /// `spec.default` of those whose targetRef is the proxy.
  Merged of_proxy(std::string_view kind, const Proxy& proxy) const;

  /// `spec.default` of those whose targetRef names the destination itself: a MeshTrace of one
  /// service or one route, as edges apply it.
  Merged of_target(std::string_view kind, const Destination& target) const;

  /// `spec.to[].default` for requests of the proxy to any of the `destinations`, the last of which
  /// is the most specific.
  Merged outbound(std::string_view kind, const Proxy& proxy,
                  std::span<const Destination> destinations) const;

  /// `spec.from[].default` and `spec.rules[].default` for all requests that reach the proxy.
  Merged inbound(std::string_view kind, const Proxy& proxy) const;

  /// Those that select the proxy, the most general first.
  std::vector<ResourcePtr> matching(std::string_view kind, const Proxy& proxy) const;

  /// The MeshHTTPRoutes that select the proxy and have rules for requests to a service, the most
  /// general first.
  std::vector<ResourcePtr> routes_to(const std::string& service, const Proxy& proxy) const;

  /// Equal for two proxies of which every policy of these kinds selects both or neither.
  std::string group_of(std::span<const std::string_view> kinds, const Proxy& proxy) const;

  /// All of a kind, the most general first.
  std::span<const ResourcePtr> all(std::string_view kind) const;

 private:
  /// Those that target one service are found by its name: there may be one for each of thousands.
  struct OfKind {
    std::vector<ResourcePtr> all;  // the most general first
    std::vector<size_t> general;   // of `all`: those that do not target a service
    std::vector<size_t> choosy;    // of `general`: those that do not select every proxy
    std::map<std::string, std::vector<size_t>, std::less<>> by_service;
  };

  /// Those that may concern a service, in their order.
  std::vector<ResourcePtr> candidates(std::string_view kind, std::string_view service) const;

  std::map<std::string, OfKind, std::less<>> by_kind_;
  std::map<std::string, std::vector<ResourcePtr>, std::less<>> routes_to_;  // in their order
};

/// Whether the policy's targetRef selects the proxy; of a MeshIdentity its selector. An absent one
/// selects all.
bool selects(const Resource& policy, const Proxy& proxy);

/// Whether it selects every proxy, whatever that is.
bool selects_all(const Resource& policy);

/// Whether it is a MeshTimeout that says when connections that go out are idle for too long: those
/// of TCP have that in their listeners.
bool speaks_of_idle(const Resource& policy);

/// Whether the proxy may get something else once the policy is new, changed or gone. Gateways look
/// at policies of other proxies, too: they trace and let in on their behalf.
bool may_concern(const Resource& policy, const Proxy& proxy);

}  // namespace clew::mesh
