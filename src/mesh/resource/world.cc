#include <algorithm>
#include <ranges>
#include <tuple>
#include <utility>

#include "mesh/resource/resource.h"

namespace clew::mesh {

bool is_mirrored(const Resource& resource) {
  auto label = resource.labels.find(kOriginLabel);
  return label != resource.labels.end() && label->second == "zone";
}

World::World(uint64_t revision, std::vector<ResourcePtr> resources)
    : revision_(revision), resources_(std::move(resources)) {
  auto key_of = [](const ResourcePtr& resource) -> const ResourceKey& { return resource->key; };
  std::ranges::stable_sort(resources_, {}, key_of);
  // unique() keeps the first of equals, so it runs from the back for the last to stay.
  auto kept = std::ranges::unique(resources_.rbegin(), resources_.rend(), {}, key_of);
  resources_.erase(resources_.begin(), kept.begin().base());
}

std::span<const ResourcePtr> World::of(std::string_view kind, std::string_view mesh) const {
  auto found = std::ranges::equal_range(resources_, std::tie(kind, mesh), {},
                                        [](const ResourcePtr& resource) {
                                          return std::tuple<std::string_view, std::string_view>(
                                              resource->key.kind, resource->key.mesh);
                                        });
  return {found.begin(), found.end()};
}

ResourcePtr World::find(const ResourceKey& key) const {
  auto found = std::ranges::lower_bound(
      resources_, key, {},
      [](const ResourcePtr& resource) -> const ResourceKey& { return resource->key; });
  return found != resources_.end() && (*found)->key == key ? *found : nullptr;
}

}  // namespace clew::mesh
