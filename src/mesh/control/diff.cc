#include "mesh/control/diff.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/log.h"
#include "mesh/compose/composer.h"
#include "mesh/compose/tls.h"

namespace clew::mesh {
namespace {

using Pieces = std::map<std::pair<PieceType, std::string>, xds::XdsResourcePtr>;

Pieces pieces_of(const Composer& composer, const ResourcePtr& dataplane) {
  Pieces pieces;
  auto config = composer.compose(dataplane);
  if (!config) log::error("mesh: {}: {}", dataplane->key.name, config.error().message);
  if (!config) return pieces;
  for (const Piece& piece : config->pieces()) pieces[{piece.type, piece.name()}] = piece.resource;
  if (!config->mtls) return pieces;
  // Of secrets only what policies say: keys and certificates are not known here.
  std::string trusted = fmt::format("{}", fmt::join(config->trusted, "\n"));
  for (const auto& [name, content] :
       {std::pair(kIdentitySecret, config->identity), std::pair(kTrustSecret, std::move(trusted))})
    pieces[{PieceType::kSecret, name}] =
        xds::XdsResource::of_message(type_url_of(PieceType::kSecret), name, content);
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
    else if (found->second->version() != piece->version())
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
  xds::ResourceCache cache;
  for (const std::string& mesh : meshes) {
    MeshChanges changes = changes_of(mesh, world.get(), *next);
    if (changes.none()) continue;
    Composer composer(world, mesh, cache);
    std::map<std::string, Pieces> before;
    for (const ResourcePtr& dataplane : world->of("Dataplane", mesh))
      before[dataplane->key.name] = pieces_of(composer, dataplane);
    composer.advance(next, changes);
    for (const ResourcePtr& dataplane : next->of("Dataplane", mesh)) {
      Json changed = changes_between(before[dataplane->key.name], pieces_of(composer, dataplane));
      if (changed.empty()) continue;
      const char* kind = name_of(proxy_of(dataplane).kind);
      by_kind[kind] = by_kind.value(kind, 0) + 1;
      proxies.push_back({{"mesh", mesh},
                         {"name", dataplane->key.name},
                         {"kind", kind},
                         {"changes", std::move(changed)}});
    }
  }
  return {{"proxies", std::move(proxies)}, {"by_kind", std::move(by_kind)}};
}

}  // namespace clew::mesh
