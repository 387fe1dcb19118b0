#include "mesh/control/diff.h"

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "mesh/compose/composer.h"

namespace clew::mesh {
namespace {

using Pieces = std::map<std::pair<PieceType, std::string>, PiecePtr>;

Pieces pieces_of(const ProxyConfig& config) {
  Pieces pieces;
  for (const PiecePtr& piece : config.pieces) pieces[{piece->type, piece->name}] = piece;
  return pieces;
}

Json changes_between(const Pieces& before, const Pieces& after) {
  Json changes = Json::array();
  auto add = [&](const std::pair<PieceType, std::string>& key, const char* change, bool drain) {
    changes.push_back({{"type", name_of(key.first)},
                       {"name", key.second},
                       {"change", change},
                       {"drains", drain}});
  };
  for (const auto& [key, piece] : before) {
    bool listener = key.first == PieceType::kListener;
    auto found = after.find(key);
    if (found == after.end())
      add(key, "removed", listener);
    else if (found->second->body != piece->body)
      add(key, "changed", listener);
  }
  for (const auto& [key, piece] : after)
    if (!before.contains(key)) add(key, "added", false);
  return changes;
}

std::shared_ptr<const World> with(const World& world, std::span<const Resource> resources) {
  std::vector<ResourcePtr> all(world.all().begin(), world.all().end());
  for (const Resource& each : resources) all.push_back(std::make_shared<Resource>(each));
  return std::make_shared<World>(world.revision() + 1, std::move(all));
}

}  // namespace

Json diff(const std::shared_ptr<const World>& world, std::span<const Resource> resources) {
  auto next = with(*world, resources);
  std::set<std::string> meshes;
  for (const ResourcePtr& mesh : next->of("Mesh")) meshes.insert(mesh->key.name);
  Json proxies = Json::array(), by_kind = Json::object();
  for (const std::string& mesh : meshes) {
    Composer before(world, mesh), after(next, mesh);
    for (const ResourcePtr& dataplane : next->of("Dataplane", mesh)) {
      ResourcePtr old = world->find(dataplane->key);
      ProxyConfig config = after.compose(dataplane);
      Json changes =
          changes_between(old ? pieces_of(before.compose(old)) : Pieces(), pieces_of(config));
      if (changes.empty()) continue;
      const char* kind = name_of(config.proxy.kind);
      by_kind[kind] = by_kind.value(kind, 0) + 1;
      proxies.push_back({{"mesh", mesh},
                         {"name", dataplane->key.name},
                         {"kind", kind},
                         {"changes", std::move(changes)}});
    }
  }
  return {{"proxies", std::move(proxies)}, {"by_kind", std::move(by_kind)}};
}

}  // namespace clew::mesh
