#include "mesh/compose/world_changes.h"

#include <algorithm>

#include "mesh/resource/json_access.h"

namespace clew::mesh {
namespace {

bool concerns(const ResourceKey& key, const std::string& mesh) {
  return key.mesh == mesh || (key.mesh.empty() && (key.kind != "Mesh" || key.name == mesh));
}

void add_services(const ResourcePtr& dataplane, MeshChanges& changes) {
  Proxy proxy = proxy_of(dataplane);
  if (proxy.kind == ProxyKind::kIngress) changes.shape = true;
  for (const Json& inbound : list_at(dataplane->body, "networking.inbound")) {
    auto tags = texts_at(inbound, "tags");
    auto tag = tags.find("kuma.io/service");
    changes.services.insert(tag == tags.end() ? proxy.service : tag->second);
  }
}

/// Of what is no policy: places, the mesh itself, what services are declared, where collectors are.
constexpr std::string_view kNoPolicies[] = {
    "Mesh", "Zone", "Edge", "MeshService", "MeshExternalService", "MeshOpenTelemetryBackend"};

/// Of a MeshTimeout: what routes have of it, and what has nothing to do with them.
constexpr const char* kOfRequests[] = {"requestTimeout", "streamIdleTimeout"};
constexpr const char* kOfConnections[] = {"connectionTimeout", "idleTimeout", "maxStreamDuration",
                                          "maxConnectionDuration", "requestHeadersTimeout"};

/// What a MeshTimeout says beside these fields.
Json beside(std::span<const char* const> fields, const Resource& timeout) {
  Json spec = timeout.body.value("spec", Json::object());
  for (const char* list : {"to", "from", "rules"}) {
    if (!spec.contains(list)) continue;
    for (Json& item : spec[list]) {
      if (!at(item, "default").is_object()) continue;
      for (const char* field : fields) {
        item["default"].erase(field);
        if (at(item, "default.http").is_object()) item["default"]["http"].erase(field);
      }
    }
  }
  return spec;
}

void note_sameness(const ResourcePtr& before, const ResourcePtr& after, MeshChanges& changes) {
  if (!before || !after || after->key.kind != "MeshTimeout") return;
  auto note_if_same = [&](std::span<const char* const> beside_these,
                          std::vector<ResourcePtr>& same) {
    if (beside(beside_these, *before) != beside(beside_these, *after)) return;
    same.push_back(before);
    same.push_back(after);
  };
  note_if_same(kOfConnections, changes.same_requests);
  note_if_same(kOfRequests, changes.same_connections);
}

void note_policy(const ResourcePtr& before, const ResourcePtr& after, MeshChanges& changes) {
  for (const ResourcePtr& each : {before, after}) {
    if (!each) continue;
    changes.everything |= std::ranges::find(kNoPolicies, each->key.kind) != std::end(kNoPolicies);
    changes.policies.push_back(each);
  }
  note_sameness(before, after, changes);
}

void note(const ResourcePtr& before, const ResourcePtr& after, const std::string& mesh,
          MeshChanges& changes) {
  const ResourceKey& key = (after ? after : before)->key;
  if (!concerns(key, mesh)) return;
  if (key.kind == kZoneService || key.kind == kZoneIngress) {
    changes.shape |= key.kind == kZoneIngress;
    for (const ResourcePtr& each : {before, after})
      if (each && key.kind == kZoneService) changes.services.insert(text_at(each->body, "service"));
    return;
  }
  if (key.kind != "Dataplane") return note_policy(before, after, changes);
  if (before) add_services(before, changes);
  if (!after) return;
  add_services(after, changes);
  changes.dataplanes.push_back(after);
}

}  // namespace

bool MeshChanges::none() const {
  return !everything && policies.empty() && dataplanes.empty() && services.empty() && !shape &&
         routed.empty();
}

bool MeshChanges::keep_endpoints(const std::string& service, ProxyKind kind,
                                 const std::string& place) const {
  if (everything || shape || services.contains(service)) return false;
  if (kind != ProxyKind::kEdge) return true;
  auto found = routed.find(place);
  return found == routed.end() || !(found->second.contains(service) || found->second.contains("*"));
}

bool MeshChanges::keep_kinds(std::span<const std::string_view> kinds,
                             std::span<const ResourcePtr> except) const {
  return std::ranges::none_of(policies, [&](const ResourcePtr& policy) {
    return std::ranges::find(kinds, policy->key.kind) != kinds.end() &&
           std::ranges::find(except, policy) == except.end();
  });
}

MeshChanges changes_of(const std::string& mesh, const World* before, const World& after) {
  MeshChanges changes;
  if (before == nullptr) {
    changes.everything = true;
    return changes;
  }
  // Both are in order of their keys, and share what did not change.
  auto old = before->all(), now = after.all();
  size_t i = 0, j = 0;
  while (i < old.size() || j < now.size()) {
    if (i < old.size() && j < now.size() && old[i] == now[j]) {
      ++i, ++j;
    } else if (j == now.size() || (i < old.size() && old[i]->key < now[j]->key)) {
      note(old[i++], nullptr, mesh, changes);
    } else if (i == old.size() || now[j]->key < old[i]->key) {
      note(nullptr, now[j++], mesh, changes);
    } else {
      note(old[i++], now[j++], mesh, changes);
    }
  }
  return changes;
}

void add_declared_services(const Catalog& before, const Catalog& after, MeshChanges& changes) {
  for (const auto& [name, service] : after.services()) {
    const Service* old = before.service(name);
    if (service.declared.empty() || old == nullptr) continue;
    bool same = std::ranges::equal(old->instances, service.instances, {}, &Instance::dataplane,
                                   &Instance::dataplane);
    if (!same) changes.services.insert(name);
  }
}

bool same_shape(const Service* before, const Service* after) {
  if (before == nullptr || after == nullptr) return before == after;
  auto zones = [](const Service& service) {
    std::set<std::string> found;
    for (const auto& [zone, count] : service.ready()) found.insert(zone);
    return found;
  };
  return before->protocol == after->protocol && before->external == after->external &&
         zones(*before) == zones(*after);
}

}  // namespace clew::mesh
