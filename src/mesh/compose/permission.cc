#include "mesh/compose/permission.h"

#include <string>
#include <utility>
#include <vector>

#include "mesh/compose/tls.h"

namespace clew::mesh {
namespace {

Json any() {
  return {{"any", true}};
}

Json spiffe_principal(const char* how, const std::string& id) {
  return {{"authenticated", {{"principal_name", {{how, id}}}}}};
}

/// Of a `from` in Kuma's older form. Tags other than the service's are not in certificates, so whom
/// a rule with them means cannot be told: it denies everybody, and allows nobody.
Json principal_of(const Json& target_ref, const std::string& mesh, bool denies) {
  std::string kind = text_at(target_ref, "kind", "Mesh"), service = text_at(target_ref, "name");
  if (kind == "Mesh") return any();
  auto tags = texts_at(target_ref, "tags");
  if (auto tag = tags.find("kuma.io/service"); tag != tags.end()) {
    service = tag->second;
    tags.erase(tag);
  }
  if (service.empty() || !tags.empty()) return denies ? any() : Json{{"not_id", any()}};
  return spiffe_principal("exact", spiffe_id(mesh, service));
}

/// Of a `rules` entry in the newer form: {spiffeID: {type: Exact | Prefix, value}}.
Json principal_of_match(const Json& match) {
  std::string value = text_at(match, "spiffeID.value");
  if (value.empty()) return any();
  bool prefix = text_at(match, "spiffeID.type", "Exact") == "Prefix";
  return spiffe_principal(prefix ? "prefix" : "exact", value);
}

/// What one policy says of one sender.
struct Verdict {
  Json principal;
  std::string action;  // "Allow", "Deny", "AllowWithShadowDeny"
};

/// Which policies say what. Of `from` the later, more specific one holds; of `rules` a denial does.
struct Verdicts {
  std::vector<Verdict> from;
  std::vector<Verdict> rules;
};

/// Within one policy what is said of everybody comes before what is said of someone.
void read_from(const Json& policy, const std::string& mesh, Verdicts& verdicts) {
  for (bool of_everybody : {true, false})
    for (const Json& item : list_at(policy, "spec.from")) {
      const Json& sender = at(item, "targetRef");
      if ((text_at(sender, "kind", "Mesh") == "Mesh") != of_everybody) continue;
      std::string action = text_at(item, "default.action", "Deny");
      verdicts.from.push_back({principal_of(sender, mesh, action == "Deny"), action});
    }
}

void read_rules(const Json& policy, Verdicts& verdicts) {
  constexpr std::pair<const char*, const char*> kLists[] = {
      {"default.allow", "Allow"},
      {"default.deny", "Deny"},
      {"default.allowWithShadowDeny", "AllowWithShadowDeny"}};
  for (const Json& rule : list_at(policy, "spec.rules"))
    for (const auto& [list, action] : kLists)
      for (const Json& match : list_at(rule, list))
        verdicts.rules.push_back({principal_of_match(match), action});
}

Json one_of(Json principals) {
  if (principals.size() == 1) return std::move(principals[0]);
  return {{"or_ids", {{"ids", std::move(principals)}}}};
}

Json but_not(Json principal, Json others) {
  if (others.empty()) return principal;
  return {
      {"and_ids",
       {{"ids", Json::array({std::move(principal), {{"not_id", one_of(std::move(others))}}})}}}};
}

/// Who is let in, as principals of which one must match. `shadow`: as if AllowWithShadowDeny
/// denied.
Json allowed(const Verdicts& verdicts, bool shadow) {
  auto allows = [shadow](const Verdict& each) {
    return each.action == "Allow" || (each.action == "AllowWithShadowDeny" && !shadow);
  };
  Json all = Json::array();
  for (auto each = verdicts.from.begin(); each != verdicts.from.end(); ++each) {
    if (!allows(*each)) continue;
    Json denied_later = Json::array();
    for (auto later = each + 1; later != verdicts.from.end(); ++later)
      if (!allows(*later)) denied_later.push_back(later->principal);
    all.push_back(but_not(each->principal, std::move(denied_later)));
  }
  Json denied = Json::array();
  for (const Verdict& each : verdicts.rules)
    allows(each) ? all.push_back(each.principal) : denied.push_back(each.principal);
  if (all.empty() || denied.empty()) return all;
  return Json::array({but_not(one_of(std::move(all)), std::move(denied))});
}

/// {action: ALLOW, policies: {allowed: …}}; no policy lets nobody in.
Json rules_of(Json principals) {
  Json rules = {{"action", "ALLOW"}, {"policies", Json::object()}};
  if (!principals.empty())
    rules["policies"]["allowed"] = {{"permissions", Json::array({any()})},
                                    {"principals", std::move(principals)}};
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
  auto rules = [&](bool shadow) {
    Json principals = allowed(verdicts, shadow);
    if (through)
      principals.push_back(spiffe_principal("exact", spiffe_id(context.catalog.mesh(), *through)));
    return rules_of(std::move(principals));
  };
  permission.rules = rules(false);
  if (Json shadow = rules(true); shadow != permission.rules)
    permission.shadow_rules = std::move(shadow);
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
