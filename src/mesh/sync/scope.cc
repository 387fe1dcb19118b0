#include "mesh/sync/scope.h"

#include "mesh/compose/catalog.h"
#include "mesh/resource/json_access.h"

namespace clew::mesh::sync {
namespace {

constexpr char kZoneTag[] = "kuma.io/zone";

Result<void> check_written_here(const Party& self, const ResourceKey& key) {
  if (self.mode == Mode::kGlobal || key.kind == "Dataplane") return {};
  return fail(Code::kInvalid,
              "{} {}: only Dataplanes are written in a zone, and this is a control plane of {}: "
              "apply it at the global one",
              key.kind, key.name, self.zone);
}

/// The zone that a Dataplane's inbounds are in, if it is not `zone`.
std::string other_zone(const Resource& dataplane, const std::string& zone) {
  auto label = dataplane.labels.find(kZoneTag);
  if (label != dataplane.labels.end() && label->second != zone) return label->second;
  const Json& networking = at(dataplane.body, "networking");
  auto all = {texts_at(networking, "gateway.tags")};
  for (const auto& tags : all)
    if (auto tag = tags.find(kZoneTag); tag != tags.end() && tag->second != zone)
      return tag->second;
  for (const Json& inbound : list_at(networking, "inbound")) {
    auto tags = texts_at(inbound, "tags");
    if (auto tag = tags.find(kZoneTag); tag != tags.end() && tag->second != zone)
      return tag->second;
  }
  return "";
}

}  // namespace

const char* name_of(Mode mode) {
  return mode == Mode::kGlobal ? "global" : "zone";
}

std::set<std::string> scopes_taken(const Party& self, const Party& other) {
  return scopes_sent(other, self);
}

std::set<std::string> scopes_sent(const Party& self, const Party& other) {
  std::string everywhere(kEverywhere);
  if (self.mode == Mode::kGlobal && other.mode == Mode::kZone) return {everywhere, other.zone};
  if (self.mode == Mode::kZone && other.mode == Mode::kGlobal) return {self.zone};
  if (self.mode == Mode::kZone && self.zone == other.zone) return {everywhere, self.zone};
  return {};
}

std::optional<std::string> scope_of(const Party& self, const ResourceKey& key) {
  bool dataplane = key.kind == "Dataplane";
  if (self.mode == Mode::kZone) return dataplane ? std::optional(self.zone) : std::nullopt;
  return dataplane ? std::nullopt : std::optional<std::string>(kEverywhere);
}

Result<Resource> admit(const Party& self, Resource resource) {
  if (auto here = check_written_here(self, resource.key); !here)
    return std::unexpected(here.error());
  if (resource.key.kind != "Dataplane") return resource;
  if (self.mode == Mode::kZone) {
    std::string elsewhere = other_zone(resource, self.zone);
    if (!elsewhere.empty())
      return fail(Code::kInvalid,
                  "Dataplane {} is in the zone {}, and this is a control plane of {}: apply it at "
                  "one of {}",
                  resource.key.name, elsewhere, self.zone, elsewhere);
    resource.labels.emplace(kZoneTag, self.zone);
    return resource;
  }
  Proxy proxy = proxy_of(std::make_shared<Resource>(resource));
  if (proxy.kind == ProxyKind::kEdge) return resource;
  return fail(Code::kInvalid,
              "Dataplane {} is a zone's, and this is the global control plane, which has none but "
              "edges: apply it at a control plane of {}",
              resource.key.name, proxy.place);
}

Result<void> may_remove(const Party& self, const ResourceKey& key) {
  return check_written_here(self, key);
}

}  // namespace clew::mesh::sync
