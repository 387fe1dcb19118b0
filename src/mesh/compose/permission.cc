#include "mesh/compose/permission.h"

#include <utility>

#include "mesh/compose/tls.h"

namespace clew::mesh {
namespace {

Json any() {
  return {{"any", true}};
}

Json spiffe_principal(const char* how, const std::string& id) {
  return {{"authenticated", {{"principal_name", {{how, id}}}}}};
}

/// Of a `from` in Kuma's older form. Tags other than the service's are not in certificates, so a
/// rule that names them matches nobody.
Json principal_of(const Json& target_ref, const std::string& mesh) {
  std::string kind = text_at(target_ref, "kind", "Mesh"), service = text_at(target_ref, "name");
  if (kind == "Mesh") return any();
  auto tags = texts_at(target_ref, "tags");
  if (auto tag = tags.find("kuma.io/service"); tag != tags.end()) {
    service = tag->second;
    tags.erase(tag);
  }
  if (service.empty() || !tags.empty()) return {{"not_id", any()}};
  return spiffe_principal("exact", spiffe_id(mesh, service));
}

/// Of a `rules` entry in the newer form: {spiffeID: {type: Exact | Prefix, value}}.
Json principal_of_match(const Json& match) {
  std::string value = text_at(match, "spiffeID.value");
  if (value.empty()) return any();
  bool prefix = text_at(match, "spiffeID.type", "Exact") == "Prefix";
  return spiffe_principal(prefix ? "prefix" : "exact", value);
}

/// Principals by what is said of them; later, more specific policies come last.
struct Verdicts {
  Json allow = Json::array(), deny = Json::array(), shadow_deny = Json::array();

  void add(const std::string& action, Json principal) {
    if (action == "Deny")
      deny.push_back(std::move(principal));
    else
      allow.push_back(principal);
    if (action == "AllowWithShadowDeny") shadow_deny.push_back(std::move(principal));
  }
};

void read_from(const Json& policy, const std::string& mesh, Verdicts& verdicts) {
  for (const Json& item : list_at(policy, "spec.from"))
    verdicts.add(text_at(item, "default.action", "Deny"),
                 principal_of(at(item, "targetRef"), mesh));
}

void read_rules(const Json& policy, Verdicts& verdicts) {
  constexpr std::pair<const char*, const char*> kLists[] = {
      {"default.allow", "Allow"},
      {"default.deny", "Deny"},
      {"default.allowWithShadowDeny", "AllowWithShadowDeny"}};
  for (const Json& rule : list_at(policy, "spec.rules"))
    for (const auto& [list, action] : kLists)
      for (const Json& match : list_at(rule, list)) verdicts.add(action, principal_of_match(match));
}

/// {action: ALLOW, policies: {allowed: …}}: who is allowed and not denied.
Json rules_of(const Json& allow, const Json& deny) {
  Json rules = {{"action", "ALLOW"}, {"policies", Json::object()}};
  if (allow.empty()) return rules;
  Json principal = {{"or_ids", {{"ids", allow}}}};
  if (!deny.empty())
    principal = {
        {"and_ids",
         {{"ids", Json::array({principal, {{"not_id", {{"or_ids", {{"ids", deny}}}}}}})}}}};
  rules["policies"]["allowed"] = {{"permissions", Json::array({any()})},
                                  {"principals", Json::array({std::move(principal)})}};
  return rules;
}

Json rbac(const Permission& permission) {
  Json config = {{"rules", permission.rules}};
  if (!permission.shadow_rules.is_null()) config["shadow_rules"] = permission.shadow_rules;
  return config;
}

}  // namespace

Permission permission_of(const Context& context, const Proxy& proxy,
                         const std::optional<std::string>& through) {
  Verdicts verdicts;
  Permission permission;
  for (const ResourcePtr& policy : context.policies.matching("MeshTrafficPermission", proxy)) {
    read_from(policy->body, context.catalog.mesh(), verdicts);
    read_rules(policy->body, verdicts);
    permission.origins.push_back(policy->key);
  }
  if (through)
    verdicts.allow.push_back(
        spiffe_principal("exact", spiffe_id(context.catalog.mesh(), *through)));
  permission.rules = rules_of(verdicts.allow, verdicts.deny);
  if (!verdicts.shadow_deny.empty()) {
    Json deny = verdicts.deny;
    for (Json& each : verdicts.shadow_deny) deny.push_back(std::move(each));
    permission.shadow_rules = rules_of(verdicts.allow, deny);
  }
  return permission;
}

Json rbac_http_filter(const Permission& permission) {
  return extension("envoy.filters.http.rbac",
                   typed("extensions.filters.http.rbac.v3.RBAC", rbac(permission)));
}

Json rbac_per_route(const Permission& permission) {
  return typed("extensions.filters.http.rbac.v3.RBACPerRoute", {{"rbac", rbac(permission)}});
}

Json rbac_network_filter(const Permission& permission) {
  Json config = rbac(permission);
  config["stat_prefix"] = "permission.";
  return extension("envoy.filters.network.rbac",
                   typed("extensions.filters.network.rbac.v3.RBAC", std::move(config)));
}

}  // namespace clew::mesh
