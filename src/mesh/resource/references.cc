#include "mesh/resource/references.h"

#include <fmt/format.h>

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "mesh/resource/json_access.h"

namespace clew::mesh {
namespace {

constexpr size_t kMostLeftovers = 20;  // told of one change

/// The resources that will be there: of the World those that are not in `gone`, and `resources`.
class Coming {
 public:
  Coming(std::span<const Resource> resources, const World& world, const std::set<ResourceKey>& gone)
      : resources_(resources), world_(world), gone_(gone) {}

  /// Whether there will be one.
  bool has(const ResourceKey& key) { return kept(key) || find(key) != nullptr; }
  /// Null: there will be none.
  const Resource* find(const ResourceKey& key) {
    for (const Resource& each : resources_)
      if (each.key == key) return &each;
    found_ = kept(key);
    return found_.get();
  }

 private:
  ResourcePtr kept(const ResourceKey& key) const {
    return gone_.contains(key) ? nullptr : world_.find(key);
  }

  std::span<const Resource> resources_;
  const World& world_;
  const std::set<ResourceKey>& gone_;
  ResourcePtr found_;
};

/// `where`: of `conf`.
Result<void> check_collectors(const Resource& resource, const Json& conf, const std::string& where,
                              Coming& coming) {
  const Json& backends = list_at(conf, "backends");
  for (size_t i = 0; i < backends.size(); ++i) {
    const Json& backend = backends[i];
    std::string path = fmt::format("{}.backends[{}].openTelemetry.backendRef.name", where, i);
    const Json& name = at(backend, "openTelemetry.backendRef.name");
    if (!name.is_string()) continue;
    const ResourceKey& key = resource.key;
    ResourceKey wanted{"MeshOpenTelemetryBackend", key.mesh, name.get<std::string>()};
    const Resource* collector = coming.find(wanted);
    if (collector == nullptr)
      return fail(Code::kInvalid, "{}: there is no MeshOpenTelemetryBackend {}; apply it first",
                  name_of_value(resource, path), wanted.name);
    if (key.kind == "MeshAccessLog" && at(collector->body, "spec.protocol") == "http")
      return fail(Code::kInvalid,
                  "{}: logs are sent over gRPC, and MeshOpenTelemetryBackend {} takes http",
                  name_of_value(resource, path), wanted.name);
  }
  return {};
}

Result<void> check_mesh(const Resource& resource, Coming& coming) {
  const ResourceKey& key = resource.key;
  if (key.mesh.empty() || coming.has({"Mesh", "", key.mesh})) return {};
  return fail(Code::kInvalid, "{}: there is no mesh {}; apply a Mesh of that name first",
              name_of_value(resource, "mesh"), key.mesh);
}

/// Where a resource names a service, and which port of it.
struct PortReference {
  std::string path;      // of the port or the section
  const Json& ref;       // {kind, name, port} or {kind, name, sectionName}
  bool section = false;  // a policy's `to`, which names a port by its name or its number
};

/// Calls `found` for all of them below `value`.
void each_port_reference(const Json& value, const std::string& path,
                         const std::function<void(const PortReference&)>& found) {
  auto look_at = [&](const Json& element, const std::string& where, bool is_backend) {
    const char* field = is_backend ? "port" : "sectionName";
    if (element.is_object() && element.contains(field))
      found({where + "." + field, element, !is_backend});
  };
  if (value.is_array())
    for (size_t i = 0; i < value.size(); ++i)
      each_port_reference(value[i], fmt::format("{}[{}]", path, i), found);
  if (!value.is_object()) return;
  for (const auto& [name, member] : value.items()) {
    std::string where = path.empty() ? name : fmt::format("{}.{}", path, name);
    if (name == "backendRef" || name == "targetRef") look_at(member, where, name == "backendRef");
    if (name == "backendRefs" && member.is_array())
      for (size_t i = 0; i < member.size(); ++i)
        look_at(member[i], fmt::format("{}[{}]", where, i), true);
    each_port_reference(member, where, found);
  }
}

std::string port_named_by(const PortReference& reference) {
  return reference.section ? text_at(reference.ref, "sectionName")
                           : std::to_string(port_at(reference.ref, "port"));
}

/// Ports stand in MeshServices: of what only kuma.io/service names, every inbound is as good as the
/// other, and which one a port would mean nobody has said.
Result<void> check_port(const Resource& resource, const PortReference& reference, Coming& coming) {
  const std::string& mesh = resource.key.mesh;
  std::string name = text_at(reference.ref, "name"), kind = text_at(reference.ref, "kind");
  std::string wanted = port_named_by(reference);
  auto refuse = [&](const std::string& why) {
    return fail(Code::kInvalid, "{}: {}", name_of_value(resource, reference.path), why);
  };
  const Resource* external = kind.empty() || kind == "MeshExternalService"
                                 ? coming.find({"MeshExternalService", mesh, name})
                                 : nullptr;
  if (external != nullptr) {
    uint16_t port = port_at(external->body, "spec.match.port");
    if (wanted == std::to_string(port)) return {};
    return refuse(fmt::format("MeshExternalService {} has the port {} only", name, port));
  }
  if (kind == "MeshExternalService")
    return refuse(fmt::format("there is no MeshExternalService {}; apply it first", name));
  const Resource* service = coming.find({"MeshService", mesh, name});
  if (service == nullptr)
    return refuse(
        fmt::format("there is no MeshService {} that says what its ports are; apply it "
                    "first, or leave this out",
                    name));
  const Json& ports = list_at(service->body, "spec.ports");
  for (const Json& port : ports) {
    if (std::to_string(port_at(port, "port")) == wanted) return {};
    if (reference.section && text_at(port, "name") == wanted) return {};
  }
  if (ports.empty())
    return refuse(fmt::format("MeshService {} has no ports; leave this out, or name them", name));
  return refuse(fmt::format("MeshService {} has no port {}; there {} {}", name, wanted,
                            ports.size() == 1 ? "is" : "are", text_of_ports(ports)));
}

Result<void> check_ports(const Resource& resource, Coming& coming) {
  std::vector<PortReference> references;
  each_port_reference(resource.body, "",
                      [&](const PortReference& each) { references.push_back(each); });
  for (const PortReference& each : references)
    if (auto checked = check_port(resource, each, coming); !checked) return checked;
  return {};
}

/// What says which ports a service has; null of other kinds, and of none.
const Json& ports_of(const Resource* service) {
  static const Json kNone;
  if (service == nullptr) return kNone;
  if (service->key.kind == "MeshService") return at(service->body, "spec.ports");
  return service->key.kind == "MeshExternalService" ? at(service->body, "spec.match.port") : kNone;
}

/// The services whose ports a change makes others, by mesh and name: what errors about each begin
/// and end with.
struct Blame {
  std::string begin, end;
};
using Blames = std::map<std::pair<std::string, std::string>, Blame>;

Blames changed_ports(const World& world, std::span<const Resource> resources,
                     const std::set<ResourceKey>& gone) {
  Blames blames;
  for (const Resource& each : resources) {
    ResourcePtr before = world.find(each.key);
    if (ports_of(before.get()) == ports_of(&each)) continue;
    const char* path = each.key.kind == "MeshService" ? "spec.ports" : "spec.match.port";
    blames[{each.key.mesh, each.key.name}] = {name_of_value(each, path),
                                              "change or delete it first, or in the same apply"};
  }
  for (const ResourceKey& key : gone)
    if (ResourcePtr before = world.find(key); !ports_of(before.get()).is_null())
      blames[{key.mesh, key.name}] = {fmt::format("{} {}", key.kind, key.name),
                                      "change or delete it first"};
  return blames;
}

}  // namespace

std::string text_of_ports(const Json& ports) {
  std::string text;
  for (const Json& port : ports) {
    std::string name = text_at(port, "name");
    if (!text.empty()) text += ", ";
    text += std::to_string(port_at(port, "port"));
    if (!name.empty()) text.append(" (").append(name).append(")");
  }
  return text;
}

Result<void> check_leftovers(const World& world, std::span<const Resource> resources,
                             const std::set<ResourceKey>& gone) {
  Blames blames = changed_ports(world, resources, gone);
  if (blames.empty()) return {};
  const std::set<ResourceKey> nothing;
  Coming before({}, world, nothing), after(resources, world, gone);
  std::set<ResourceKey> touched = gone;
  for (const Resource& each : resources) touched.insert(each.key);
  std::string problems;
  size_t count = 0;
  auto look_at = [&](const Resource& each, const PortReference& reference) {
    auto found = blames.find({each.key.mesh, text_at(reference.ref, "name")});
    if (found == blames.end() || check_port(each, reference, after) ||
        !check_port(each, reference, before))
      return;
    if (++count > kMostLeftovers) return;
    problems += fmt::format("{}{}: {} {} names port {} in {}; {}", problems.empty() ? "" : "\n",
                            found->second.begin, each.key.kind, each.key.name,
                            port_named_by(reference), reference.path, found->second.end);
  };
  for (const ResourcePtr& each : world.all())
    if (!is_mirrored(*each) && !touched.contains(each->key))
      each_port_reference(each->body, "",
                          [&](const PortReference& reference) { look_at(*each, reference); });
  if (count == 0) return {};
  if (count > kMostLeftovers)
    problems += fmt::format("\nand {} more name ports that would go", count - kMostLeftovers);
  return fail(Code::kInvalid, "{}", problems);
}

Result<void> check_references(std::span<const Resource> resources, const World& world,
                              const std::set<ResourceKey>& gone) {
  Coming coming(resources, world, gone);
  for (const Resource& each : resources) {
    if (auto checked = check_mesh(each, coming); !checked) return checked;
    if (auto checked = check_ports(each, coming); !checked) return checked;
    const Json& spec = at(each.body, "spec");
    if (each.key.kind == "MeshTrace")
      if (auto checked = check_collectors(each, at(spec, "default"), "spec.default", coming);
          !checked)
        return checked;
    if (each.key.kind != "MeshAccessLog") continue;
    for (const char* list : {"to", "from", "rules"}) {
      const Json& items = list_at(spec, list);
      for (size_t i = 0; i < items.size(); ++i) {
        std::string where = fmt::format("spec.{}[{}].default", list, i);
        auto checked = check_collectors(each, at(items[i], "default"), where, coming);
        if (!checked) return checked;
      }
    }
  }
  return {};
}

}  // namespace clew::mesh
