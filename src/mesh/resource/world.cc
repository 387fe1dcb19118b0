#include <fmt/format.h>

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

int Places::line_of(std::string path) const {
  while (true) {
    auto found = lines.find(path);
    if (found != lines.end()) return found->second;
    if (path.empty()) return 0;
    size_t end = path.find_last_of(".[");
    path.resize(end == path.npos ? 0 : end);
  }
}

std::string name_of_value(const Resource& resource, const std::string& path) {
  const auto& [kind, mesh, name] = resource.key;
  std::string what = fmt::format("{} {}: {}", kind, name, path);
  if (!resource.places) return what;
  return fmt::format("{}:{}: {}", resource.places->file, resource.places->line_of(path), what);
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
