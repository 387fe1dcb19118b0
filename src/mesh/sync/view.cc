#include "mesh/sync/view.h"

#include <set>
#include <utility>
#include <vector>

#include "mesh/compose/catalog.h"
#include "mesh/resource/parse.h"
#include "mesh/resource/schema.h"

namespace clew::mesh::sync {
namespace {

constexpr char kDataplane[] = "Dataplane";

bool is_summary(const std::string& kind) {
  return kind == kZoneService || kind == kZoneIngress;
}

bool is_resource(const std::string& kind) {
  return is_summary(kind) || kinds().contains(kind);
}

/// The copies as they will be after a step.
class After {
 public:
  After(const Party& self, const Replicas& replicas, const std::string& scope, const Step& step)
      : self_(self), replicas_(replicas), scope_(scope), changed_(changed_by(step)) {}

  const std::map<ItemKey, ItemPtr>& changed() const { return changed_; }

  /// Null if it is not there, or deleted.
  ItemPtr find(const std::string& scope, const ItemKey& key) const {
    ItemPtr item;
    if (scope == scope_ && changed_.contains(key)) {
      item = changed_.at(key);
    } else if (auto replica = replicas_.find(scope); replica != replicas_.end()) {
      item = replica->second.find(key);
    }
    return item && !item->deleted() ? item : nullptr;
  }

  bool has_mesh(const std::string& mesh) const {
    return mesh.empty() || find(std::string(kEverywhere), {"Mesh", "", mesh}) != nullptr;
  }

  std::set<std::string> scopes() const {
    std::set<std::string> names = {scope_};
    for (const auto& [name, replica] : replicas_) names.insert(name);
    return names;
  }

  /// Every key whose resource may be another: a mesh brings and takes all that is in it.
  std::set<ItemKey> touched() const {
    std::set<ItemKey> keys;
    std::set<std::string> meshes;
    for (const auto& [key, item] : changed_) {
      if (!is_resource(key.kind)) continue;
      keys.insert(key);
      if (key.kind == "Mesh") meshes.insert(key.name);
    }
    if (meshes.empty()) return keys;
    for (const auto& [scope, replica] : replicas_)
      for (const auto& [key, item] : replica.items())
        if (meshes.contains(key.mesh) && is_resource(key.kind)) keys.insert(key);
    return keys;
  }

  const Party& self() const { return self_; }

 private:
  static std::map<ItemKey, ItemPtr> changed_by(const Step& step) {
    std::map<ItemKey, ItemPtr> changed;
    for (const ItemPtr& item : step.written) changed[item->key] = item;
    for (const ItemKey& key : step.erased) changed[key] = nullptr;
    return changed;
  }

  const Party& self_;
  const Replicas& replicas_;
  const std::string& scope_;
  const std::map<ItemKey, ItemPtr> changed_;
};

/// The resource in an item, if it is the one that the item is called, and one that `zone` may
/// write; empty: it comes from the global control plane, whatever it may have that is newer.
Result<Resource> read(const Item& item, const std::string& zone) {
  auto resource = resource_of(item.content);
  if (!resource) return resource;
  const ResourceKey& key = resource->key;
  if (key != ResourceKey{item.key.kind, item.key.mesh, item.key.name})
    return fail(Code::kMalformed, "it is called otherwise within");
  if (zone.empty()) return resource;
  auto parsed = parse_resources(item.content, "from a zone");
  if (!parsed) return std::unexpected(parsed.error());
  return admit({.id = {}, .name = {}, .mode = Mode::kZone, .zone = zone}, *std::move(resource));
}

class Effect {
 public:
  Effect(const After& after, const World& world, std::string* problem)
      : after_(after), world_(world), problem_(problem) {}

  Replacement of_all() {
    for (const ItemKey& key : after_.touched()) {
      if (key.kind != kDataplane) {
        add_shared(key);
      } else if (after_.self().mode == Mode::kZone) {
        add(ResourceKey{key.kind, key.mesh, key.name}, after_.find(after_.self().zone, key), "");
      } else {
        add_of_zones(key);
      }
    }
    return std::move(made_);
  }

 private:
  void add_shared(const ItemKey& key) {
    bool zone = after_.self().mode == Mode::kZone;
    bool own = key.name.starts_with(after_.self().zone + "/");
    if (is_summary(key.kind) && (!zone || own)) return;
    add(ResourceKey{key.kind, key.mesh, key.name}, after_.find(std::string(kEverywhere), key), "");
  }

  /// At the global one: the Dataplanes of that name.
  void add_of_zones(const ItemKey& key) {
    ResourcePtr here = world_.find({key.kind, key.mesh, key.name});
    bool taken = here && !is_mirrored(*here);
    bool first = !taken;
    for (const std::string& zone : after_.scopes()) {
      if (zone == kEverywhere) continue;
      ResourceKey longer{key.kind, key.mesh, zone + "/" + key.name};
      ItemPtr item = after_.find(zone, key);
      if (item && first) {
        add({key.kind, key.mesh, key.name}, item, zone);
        made_.gone.push_back(std::move(longer));
        first = false;
      } else {
        add(std::move(longer), item, zone);
      }
    }
    if (first) made_.gone.push_back({key.kind, key.mesh, key.name});
  }

  void add(ResourceKey key, const ItemPtr& item, const std::string& from_zone) {
    if (!item || !after_.has_mesh(key.mesh)) {
      made_.gone.push_back(std::move(key));
      return;
    }
    auto resource = read(*item, from_zone);
    if (!resource) {
      if (problem_ != nullptr)
        *problem_ =
            fmt::format("{} {}{}{}: {}", key.kind, key.name, from_zone.empty() ? "" : " of ",
                        from_zone, resource.error().message);
      made_.gone.push_back(std::move(key));
      return;
    }
    resource->key = std::move(key);
    if (!from_zone.empty()) {
      resource->labels[kOriginLabel] = "zone";
      resource->labels["kuma.io/zone"] = from_zone;
    }
    made_.put.push_back(*std::move(resource));
  }

  const After& after_;
  const World& world_;
  std::string* const problem_;
  Replacement made_;
};

}  // namespace

Replacement effect_of(const Party& self, const World& world, const Replicas& replicas,
                      const std::string& scope, const Step& step, std::string* problem) {
  After after(self, replicas, scope, step);
  return Effect(after, world, problem).of_all();
}

}  // namespace clew::mesh::sync
