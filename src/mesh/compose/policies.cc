#include "mesh/compose/policies.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <utility>

namespace clew::mesh {
namespace {

/// From the most general to the most specific.
constexpr std::array<std::string_view, 8> kKinds = {
    "Mesh",      "MeshGateway",         "MeshSubset",   "MeshService", "MeshServiceSubset",
    "Dataplane", "MeshExternalService", "MeshHTTPRoute"};

int specificity(const Json& target_ref) {
  std::string kind = text_at(target_ref, "kind", "Mesh");
  auto found = std::ranges::find(kKinds, kind);
  int rank = static_cast<int>(found - kKinds.begin()) * 2;
  return text_at(target_ref, "name").empty() ? rank : rank + 1;
}

bool has_all(const std::map<std::string, std::string>& wanted,
             const std::map<std::string, std::string>& there) {
  return std::ranges::all_of(wanted, [&](const auto& pair) {
    auto found = there.find(pair.first);
    return found != there.end() && (pair.second == "*" || found->second == pair.second);
  });
}

bool is_gateway(const Proxy& proxy) {
  return proxy.kind != ProxyKind::kSidecar;
}

/// Kuma's proxyTypes: [Sidecar], [Gateway], or both.
bool type_matches(const Json& target_ref, const Proxy& proxy) {
  const Json& types = list_at(target_ref, "proxyTypes");
  return types.empty() || std::ranges::any_of(types, [&](const Json& type) {
           return type == (is_gateway(proxy) ? "Gateway" : "Sidecar");
         });
}

void merge(Merged& merged, const Json& conf, const ResourcePtr& policy) {
  if (!conf.is_object()) return;
  if (merged.conf.is_null()) merged.conf = Json::object();
  merged.conf.merge_patch(conf);
  if (merged.origins.empty() || merged.origins.back() != policy->key)
    merged.origins.push_back(policy->key);
}

bool names(const Json& target_ref, const Destination& target) {
  return text_at(target_ref, "kind") == target.kind && text_at(target_ref, "name") == target.name &&
         text_at(target_ref, "sectionName") == target.section;
}

bool selects(const Json& target_ref, const Proxy& proxy) {
  std::string kind = text_at(target_ref, "kind", "Mesh");
  std::string name = text_at(target_ref, "name");
  if (!type_matches(target_ref, proxy)) return false;
  // What is said of one port is said of requests to it, not of the proxies that it is on.
  if (!text_at(target_ref, "sectionName").empty()) return false;
  if (kind == "Mesh") return true;
  if (!has_all(texts_at(target_ref, "tags"), proxy.tags)) return false;
  if (kind == "MeshSubset") return true;
  if (kind == "MeshGateway") return is_gateway(proxy) && (name.empty() || name == proxy.service);
  if (kind == "MeshService" || kind == "MeshServiceSubset") return name == proxy.service;
  if (kind != "Dataplane") return false;
  return (name.empty() || name == proxy.dataplane->key.name) &&
         has_all(texts_at(target_ref, "labels"), proxy.tags);
}

}  // namespace

std::vector<Destination> destinations_of(const Service& service) {
  std::string kind = service.external ? "MeshExternalService" : "MeshService";
  std::vector<Destination> destinations = {{kind, service.known_as()}};
  if (!service.external)
    for (const std::string& section : service.sections)
      destinations.push_back({kind, service.known_as(), section});
  return destinations;
}

bool selects(const Resource& policy, const Proxy& proxy) {
  if (policy.key.kind == "MeshIdentity")
    return has_all(texts_at(policy.body, "spec.selector.dataplane.matchLabels"), proxy.tags);
  return selects(at(policy.body, "spec.targetRef"), proxy);
}

bool selects_all(const Resource& policy) {
  if (policy.key.kind == "MeshIdentity")
    return texts_at(policy.body, "spec.selector.dataplane.matchLabels").empty();
  const Json& target = at(policy.body, "spec.targetRef");
  return text_at(target, "kind", "Mesh") == "Mesh" && list_at(target, "proxyTypes").empty();
}

bool speaks_of_idle(const Resource& policy) {
  return policy.key.kind == "MeshTimeout" &&
         std::ranges::any_of(list_at(policy.body, "spec.to"), [](const Json& to) {
           return at(to, "default.idleTimeout").is_string();
         });
}

bool may_concern(const Resource& policy, const Proxy& proxy) {
  if (selects(policy, proxy)) return true;
  // What targets a route goes wherever the route does.
  if (text_at(policy.body, "spec.targetRef.kind") == "MeshHTTPRoute") return true;
  return policy.key.kind == "MeshTrace" ? proxy.kind == ProxyKind::kEdge : is_gateway(proxy);
}

Policies::Policies(const World& world, const std::string& mesh) {
  for (const ResourcePtr& each : world.all())
    if (each->key.mesh == mesh && each->key.kind != "Dataplane")
      by_kind_[each->key.kind].all.push_back(each);
  for (auto& [kind, policies] : by_kind_) {
    // The World's order is that of names, and the first name shall win: so it comes last.
    std::ranges::reverse(policies.all);
    std::ranges::stable_sort(policies.all, {}, [](const ResourcePtr& policy) {
      return specificity(at(policy->body, "spec.targetRef"));
    });
    for (size_t i = 0; i < policies.all.size(); ++i) {
      const Json& target = at(policies.all[i]->body, "spec.targetRef");
      if (text_at(target, "kind").starts_with("MeshService")) {
        policies.by_service[text_at(target, "name")].push_back(i);
        continue;
      }
      policies.general.push_back(i);
      if (!selects_all(*policies.all[i])) policies.choosy.push_back(i);
    }
  }
  for (const ResourcePtr& route : all("MeshHTTPRoute")) {
    std::set<std::string> services;
    for (const Json& to : list_at(route->body, "spec.to"))
      if (text_at(to, "targetRef.kind") != "Mesh") services.insert(text_at(to, "targetRef.name"));
    for (const std::string& service : services) routes_to_[service].push_back(route);
  }
}

std::vector<ResourcePtr> Policies::routes_to(const std::string& service, const Proxy& proxy) const {
  std::vector<ResourcePtr> found;
  auto routes = routes_to_.find(service);
  if (routes == routes_to_.end()) return found;
  std::ranges::copy_if(routes->second, std::back_inserter(found),
                       [&](const ResourcePtr& each) { return selects(*each, proxy); });
  return found;
}

std::span<const ResourcePtr> Policies::all(std::string_view kind) const {
  auto found = by_kind_.find(kind);
  if (found == by_kind_.end()) return {};
  return found->second.all;
}

std::vector<ResourcePtr> Policies::candidates(std::string_view kind,
                                              std::string_view service) const {
  auto of_kind = by_kind_.find(kind);
  if (of_kind == by_kind_.end()) return {};
  const OfKind& policies = of_kind->second;
  std::vector<size_t> indexes = policies.general;
  if (auto found = policies.by_service.find(service); found != policies.by_service.end()) {
    indexes.clear();
    std::ranges::merge(policies.general, found->second, std::back_inserter(indexes));
  }
  std::vector<ResourcePtr> found;
  for (size_t index : indexes) found.push_back(policies.all[index]);
  return found;
}

std::vector<ResourcePtr> Policies::matching(std::string_view kind, const Proxy& proxy) const {
  std::vector<ResourcePtr> found;
  for (const ResourcePtr& policy : candidates(kind, proxy.service))
    if (selects(*policy, proxy)) found.push_back(policy);
  return found;
}

std::string Policies::group_of(std::span<const std::string_view> kinds, const Proxy& proxy) const {
  std::string group;
  for (std::string_view kind : kinds) {
    auto of_kind = by_kind_.find(kind);
    if (of_kind == by_kind_.end()) continue;
    // By their names: places in a list are others once there is one more.
    const OfKind& policies = of_kind->second;
    auto look_at = [&](size_t index) {
      if (selects(*policies.all[index], proxy))
        group.append(kind).append("/").append(policies.all[index]->key.name).append(" ");
    };
    std::ranges::for_each(policies.choosy, look_at);
    auto found = policies.by_service.find(proxy.service);
    if (found != policies.by_service.end()) std::ranges::for_each(found->second, look_at);
  }
  return group;
}

Merged Policies::of_proxy(std::string_view kind, const Proxy& proxy) const {
  Merged merged;
  for (const ResourcePtr& policy : matching(kind, proxy))
    merge(merged, at(policy->body, "spec.default"), policy);
  return merged;
}

Merged Policies::of_target(std::string_view kind, const Destination& target) const {
  Merged merged;
  for (const ResourcePtr& policy : candidates(kind, target.name))
    if (names(at(policy->body, "spec.targetRef"), target))
      merge(merged, at(policy->body, "spec.default"), policy);
  return merged;
}

Merged Policies::outbound(std::string_view kind, const Proxy& proxy,
                          std::span<const Destination> destinations) const {
  Merged merged;
  auto apply = [&](auto wanted) {
    for (const ResourcePtr& policy : candidates(kind, proxy.service)) {
      const Json& target = at(policy->body, "spec.targetRef");
      bool by_route = text_at(target, "kind") == "MeshHTTPRoute";
      if (!by_route && !selects(target, proxy)) continue;
      for (const Json& item : list_at(policy->body, "spec.to"))
        if (wanted(by_route ? target : at(item, "targetRef")))
          merge(merged, at(item, "default"), policy);
    }
  };
  apply([](const Json& target) { return text_at(target, "kind", "Mesh") == "Mesh"; });
  for (const Destination& destination : destinations)
    apply([&](const Json& target) { return names(target, destination); });
  return merged;
}

Merged Policies::inbound(std::string_view kind, const Proxy& proxy) const {
  Merged merged;
  for (const ResourcePtr& policy : matching(kind, proxy)) {
    for (const Json& item : list_at(policy->body, "spec.from"))
      if (text_at(item, "targetRef.kind", "Mesh") == "Mesh")
        merge(merged, at(item, "default"), policy);
    for (const Json& item : list_at(policy->body, "spec.rules"))
      merge(merged, at(item, "default"), policy);
  }
  return merged;
}

}  // namespace clew::mesh
