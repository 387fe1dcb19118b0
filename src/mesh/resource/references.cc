#include "mesh/resource/references.h"

#include <string>
#include <utility>

#include "mesh/resource/json_access.h"

namespace clew::mesh {
namespace {

/// The resources that will be there.
class Coming {
 public:
  Coming(std::span<const Resource> resources, const World& world)
      : resources_(resources), world_(world) {}

  /// Whether there will be one.
  bool has(const ResourceKey& key) { return world_.find(key) || find(key) != nullptr; }
  /// Null: there will be none.
  const Resource* find(const ResourceKey& key) {
    for (const Resource& each : resources_)
      if (each.key == key) return &each;
    kept_ = world_.find(key);
    return kept_.get();
  }

 private:
  std::span<const Resource> resources_;
  const World& world_;
  ResourcePtr kept_;
};

Result<void> check_collectors(const Resource& resource, const Json& conf, Coming& coming) {
  for (const Json& backend : list_at(conf, "backends")) {
    const Json& name = at(backend, "openTelemetry.backendRef.name");
    if (!name.is_string()) continue;
    const ResourceKey& key = resource.key;
    ResourceKey wanted{"MeshOpenTelemetryBackend", key.mesh, name.get<std::string>()};
    const Resource* collector = coming.find(wanted);
    if (collector == nullptr)
      return fail(Code::kInvalid, "{} {}: there is no MeshOpenTelemetryBackend {}; apply it first",
                  key.kind, key.name, wanted.name);
    if (key.kind == "MeshAccessLog" && at(collector->body, "spec.protocol") == "http")
      return fail(Code::kInvalid,
                  "{} {}: logs are sent over gRPC, and MeshOpenTelemetryBackend {} takes http",
                  key.kind, key.name, wanted.name);
  }
  return {};
}

Result<void> check_mesh(const Resource& resource, Coming& coming) {
  const ResourceKey& key = resource.key;
  if (key.mesh.empty() || coming.has({"Mesh", "", key.mesh})) return {};
  return fail(Code::kInvalid, "{} {}: there is no mesh {}; apply a Mesh of that name first",
              key.kind, key.name, key.mesh);
}

}  // namespace

Result<void> check_references(std::span<const Resource> resources, const World& world) {
  Coming coming(resources, world);
  for (const Resource& each : resources) {
    if (auto checked = check_mesh(each, coming); !checked) return checked;
    const Json& spec = at(each.body, "spec");
    if (each.key.kind == "MeshTrace")
      if (auto checked = check_collectors(each, at(spec, "default"), coming); !checked)
        return checked;
    if (each.key.kind != "MeshAccessLog") continue;
    for (const char* list : {"to", "from", "rules"})
      for (const Json& item : list_at(spec, list))
        if (auto checked = check_collectors(each, at(item, "default"), coming); !checked)
          return checked;
  }
  return {};
}

}  // namespace clew::mesh
