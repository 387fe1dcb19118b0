// What an operator declares: one resource of the mesh, whatever its kind, and all of them together
// as the composer sees them.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clew::mesh {

/// Names a resource: unique in a control plane.
struct ResourceKey {
  std::string kind;  // "MeshTrace", "Dataplane"
  std::string mesh;  // empty for what stands above meshes: Mesh, Zone, Edge
  std::string name;

  auto operator<=>(const ResourceKey&) const = default;
};

/// Where the values of a resource stand in the file that it was read from.
struct Places {
  std::string file;                  // as errors call it
  std::map<std::string, int> lines;  // by path ("spec.to[0].default"), from 1

  /// Of the value, or of the nearest above it that is there; 0: of none.
  int line_of(std::string path) const;
};

/// One resource, valid for its kind (see schema.h) and immutable once it is in a World.
struct Resource {
  ResourceKey key;
  std::map<std::string, std::string> labels;
  /// All fields but type, mesh, name and labels, as written: `spec` of a policy, `networking` of a
  /// Dataplane. Absent fields stay absent; their defaults are the composer's.
  nlohmann::json body;
  /// The store's revision that wrote it; grows with every change of the store.
  uint64_t revision = 0;
  /// Of one that was just read, so that whoever refuses it can say where; null in a World.
  std::shared_ptr<const Places> places = {};
};

/// What errors about a value of a resource begin with: "mesh.yaml:14: MeshTrace all: spec.to[0]",
/// without the place if that is not known.
std::string name_of_value(const Resource& resource, const std::string& path);

/// Label of what the global control plane has of zones, which write it: "zone".
inline constexpr char kOriginLabel[] = "kuma.io/origin";
bool is_mirrored(const Resource& resource);

using ResourcePtr = std::shared_ptr<const Resource>;

/// All resources at one revision. Immutable, so any thread may read it; the next World shares with
/// it, pointer by pointer, every resource that did not change.
class World {
 public:
  explicit World(uint64_t revision = 0) : revision_(revision) {}
  /// Of two resources with one key the later stays.
  World(uint64_t revision, std::vector<ResourcePtr> resources);

  uint64_t revision() const { return revision_; }
  /// In order of their names; `mesh` is empty for kinds that stand above meshes.
  std::span<const ResourcePtr> of(std::string_view kind, std::string_view mesh = "") const;
  /// nullptr when there is none.
  ResourcePtr find(const ResourceKey& key) const;
  /// In order of their keys.
  std::span<const ResourcePtr> all() const { return resources_; }

 private:
  uint64_t revision_;
  std::vector<ResourcePtr> resources_;
};

}  // namespace clew::mesh
