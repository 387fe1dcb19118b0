#include "mesh/control/world_changes.h"

#include <map>
#include <span>
#include <utility>

#include "mesh/compose/json_access.h"

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

void note(const ResourcePtr& before, const ResourcePtr& after, const std::string& mesh,
          MeshChanges& changes) {
  const ResourceKey& key = (after ? after : before)->key;
  if (!concerns(key, mesh)) return;
  if (key.kind != "Dataplane") {
    changes.everything = true;
    return;
  }
  if (before) add_services(before, changes);
  if (!after) return;
  add_services(after, changes);
  changes.dataplanes.push_back(after);
}

}  // namespace

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

bool same_shape(const Service* before, const Service* after) {
  if (before == nullptr || after == nullptr) return before == after;
  auto zones = [](const Service& service) {
    std::set<std::string> found;
    for (const Instance& each : service.instances)
      if (each.ready) found.insert(each.zone);
    return found;
  };
  return before->protocol == after->protocol && before->external == after->external &&
         zones(*before) == zones(*after);
}

}  // namespace clew::mesh
