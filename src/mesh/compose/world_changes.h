// What differs between two Worlds, and whom in a mesh it concerns.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/compose/catalog.h"
#include "mesh/nearest/routing.h"
#include "mesh/resource/resource.h"

namespace clew::mesh {

/// What a change of a mesh asks for.
struct MeshChanges {
  bool everything = false;            // a place, a declared service or the mesh: compose all anew
  std::vector<ResourcePtr> policies;  // new, changed or gone; both what was and what is
  /// Those of `policies` that say of requests, and so of routes, or of connections, and so of
  /// clusters, what they said before: many MeshTimeouts are changed in one of the two.
  std::vector<ResourcePtr> same_requests, same_connections;
  std::vector<ResourcePtr> dataplanes;  // new or changed; each composed anew
  std::set<std::string> services;       // whose endpoints may have changed
  /// An ingress came, went or moved, or a service began or ended to run in a zone: the ingresses
  /// and whoever sends requests to any service.
  bool shape = false;
  RoutingChanges routed = {};  // edges that use other core locations now

  bool none() const;
  /// Whether the catalog is what it was.
  bool keep_catalog() const { return !everything && services.empty() && !shape; }
  /// Whether the endpoints of a service are for proxies of that kind and place what they were.
  bool keep_endpoints(const std::string& service, ProxyKind kind, const std::string& place) const;
  /// Whether none of `policies`, those in `except` aside, is of one of these kinds.
  bool keep_kinds(std::span<const std::string_view> kinds,
                  std::span<const ResourcePtr> except = {}) const;
};

/// `before` may be null: everything is new then. Resources above meshes (Zone, Edge) concern all.
MeshChanges changes_of(const std::string& mesh, const World* before, const World& after);

/// Adds the declared services whose instances are others now: they select them by tags and labels,
/// whatever service those are of themselves.
void add_declared_services(const Catalog& before, const Catalog& after, MeshChanges& changes);

/// Whether a service runs elsewhere, or speaks otherwise, than before.
bool same_shape(const Service* before, const Service* after);

}  // namespace clew::mesh
