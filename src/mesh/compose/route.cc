#include "mesh/compose/route.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "mesh/compose/retry.h"
#include "mesh/compose/route_match.h"
#include "mesh/compose/trace.h"

namespace clew::mesh {
namespace {

constexpr char kRequestTimeout[] = "15s";  // Kuma's defaults

Json header_to_set(const std::string& name, const std::string& value) {
  return {{"header", {{"key", name}, {"value", value}}},
          {"append_action", "OVERWRITE_IF_EXISTS_OR_ADD"}};
}

/// MeshTimeout: of a whole request, and of a stream that stands still.
void add_timeouts(const Json& conf, Json& action) {
  std::string request = duration_at(conf, "http.requestTimeout");
  std::string stream_idle = duration_at(conf, "http.streamIdleTimeout");
  action["timeout"] = request.empty() ? kRequestTimeout : request;
  if (!stream_idle.empty()) action["idle_timeout"] = stream_idle;
}

/// What MeshLoadBalancingStrategy hashes requests by.
Json hash_policies(const Json& conf) {
  Json policies = Json::array();
  for (const char* holder :
       {"loadBalancer.ringHash.hashPolicies", "loadBalancer.maglev.hashPolicies", "hashPolicies"}) {
    for (const Json& each : list_at(conf, holder)) {
      std::string type = text_at(each, "type");
      Json policy = Json::object();
      if (type == "Header") policy["header"] = {{"header_name", text_at(each, "header.name")}};
      if (type == "Cookie") {
        policy["cookie"] = {{"name", text_at(each, "cookie.name")}};
        if (auto ttl = duration_at(each, "cookie.ttl"); !ttl.empty()) policy["cookie"]["ttl"] = ttl;
        if (auto path = text_at(each, "cookie.path"); !path.empty())
          policy["cookie"]["path"] = path;
      }
      if (type == "Connection" || type == "SourceIP")
        policy["connection_properties"] = {{"source_ip", true}};
      if (type == "QueryParameter")
        policy["query_parameter"] = {{"name", text_at(each, "queryParameter.name")}};
      if (policy.empty()) continue;
      if (at(each, "terminal") == true) policy["terminal"] = true;
      policies.push_back(std::move(policy));
    }
  }
  return policies;
}

/// What policies say of requests to a service, or of one route to it.
void add_policies(const Context& context, const Service& service, const std::string& http_route,
                  Json& action, std::vector<ResourceKey>& origins) {
  std::vector<Destination> destinations = destinations_of(service);
  if (!http_route.empty()) destinations.push_back({"MeshHTTPRoute", http_route});
  auto merged = [&](std::string_view kind) {
    Merged found = context.policies.outbound(kind, context.proxy, destinations);
    append_origins(origins, found.origins);
    return found.conf;
  };
  add_timeouts(merged("MeshTimeout"), action);
  action["retry_policy"] =
      retry_policy(merged("MeshRetry"), service.protocol == "grpc", context.proxy.kind);
  if (Json hashes = hash_policies(merged("MeshLoadBalancingStrategy")); !hashes.empty())
    action["hash_policy"] = std::move(hashes);
}

void name_service(const std::string& service, Json& holder) {
  holder["request_headers_to_add"].push_back(header_to_set(kServiceHeader, service));
}

/// Where a request leaves the mesh it gets the name back that its app gave it, if that gave one.
void restore_request_id(Json& holder) {
  Json header = header_to_set("x-request-id", fmt::format("%REQ({})%", kRequestIdHeader));
  header["keep_empty_value"] = false;
  holder["request_headers_to_add"].push_back(std::move(header));
}

/// An app must not name what its sidecar has no name for.
void name_route(const std::string& operation, Json& route) {
  if (operation.empty())
    route["request_headers_to_remove"].push_back(kRouteHeader);
  else
    route["request_headers_to_add"].push_back(header_to_set(kRouteHeader, operation));
}

std::string backend_of(const Context& context, const Json& ref) {
  return context.catalog.destination(text_at(ref, "name"), port_at(ref, "port"));
}

/// Sends to the backendRefs by their weights, or to `otherwise` if there are none.
Json forward(const Context& context, const Json& refs, const std::string& otherwise, Routes& routes,
             Json& route) {
  auto name_it = [&](const std::string& name, Json& holder) {
    name_service(name, holder);
    const Service* service = context.catalog.service(name);
    bool leaves = service != nullptr && service->external;
    if (leaves && context.proxy.kind == ProxyKind::kSidecar) restore_request_id(holder);
  };
  if (refs.size() <= 1) {
    std::string name = refs.empty() ? otherwise : backend_of(context, refs[0]);
    routes.services.insert(name);
    name_it(name, route);
    return {{"cluster", name}};
  }
  Json clusters = Json::array();
  for (const Json& ref : refs) {
    std::string name = backend_of(context, ref);
    Json cluster = {{"name", name}, {"weight", number_at(ref, "weight", 1)}};
    name_it(name, cluster);
    routes.services.insert(name);
    clusters.push_back(std::move(cluster));
  }
  return {{"weighted_clusters", {{"clusters", std::move(clusters)}}}};
}

/// One match of one rule of a MeshHTTPRoute.
Json rule_route(const Context& context, const ResourcePtr& http_route, const Json& rule,
                const Json& match, const std::string& target, Routes& routes) {
  Json route = {{"match", envoy_match(match)}};
  const Json& conf = at(rule, "default");
  std::string operation = text_at(rule, "name");
  route["name"] = operation.empty() ? http_route->key.name : operation;
  std::string primary = target;
  const Json& refs = list_at(conf, "backendRefs");
  if (!refs.empty()) primary = backend_of(context, refs[0]);
  Json action = forward(context, refs, target, routes, route);
  if (const Service* service = context.catalog.service(primary))
    add_policies(context, *service, http_route->key.name, action, routes.origins);
  for (const Json& filter : list_at(conf, "filters"))
    apply_filter(context.catalog, filter, match, route, action, routes.services);
  name_route(operation, route);
  if (!route.contains("redirect")) route["route"] = std::move(action);
  RouteTracing tracing = route_tracing(context, primary, http_route->key.name, operation);
  if (!tracing.route.is_null()) route["tracing"] = std::move(tracing.route);
  append_origins(routes.origins, tracing.origins);
  return route;
}

void add_rules(const Context& context, const ResourcePtr& http_route, const Json& to,
               const std::string& target, Routes& routes) {
  append_origins(routes.origins, {http_route->key});
  for (const Json& rule : list_at(to, "rules")) {
    const Json& matches = list_at(rule, "matches");
    if (matches.empty())
      routes.list.push_back(rule_route(context, http_route, rule, Json::object(), target, routes));
    for (const Json& match : matches)
      routes.list.push_back(rule_route(context, http_route, rule, match, target, routes));
  }
}

}  // namespace

Routes routes_to_service(const Context& context, const Service& service) {
  Routes routes;
  auto policies = context.policies.routes_to(service.known_as(), context.proxy);
  auto add = [&](const std::string& section) {
    // The most specific policy's rules are looked at first.
    for (auto policy = policies.rbegin(); policy != policies.rend(); ++policy)
      for (const Json& to : list_at((*policy)->body, "spec.to"))
        if (text_at(to, "targetRef.kind") != "Mesh" &&
            text_at(to, "targetRef.name") == service.known_as() &&
            text_at(to, "targetRef.sectionName") == section)
          add_rules(context, *policy, to, service.name, routes);
  };
  // What is said of this port before what is said of all.
  for (const std::string& section : service.sections) add(section);
  add("");
  Json route = {{"match", {{"prefix", "/"}}}, {"name", service.name}};
  Json action = forward(context, Json::array(), service.name, routes, route);
  add_policies(context, service, "", action, routes.origins);
  name_route("", route);
  route["route"] = std::move(action);
  routes.list.push_back(std::move(route));
  return routes;
}

Routes routes_of_rules(const Context& context, const ResourcePtr& http_route, const Json& to) {
  Routes routes;
  bool mesh = text_at(to, "targetRef.kind", "Mesh") == "Mesh";
  std::string target = context.catalog.destination(text_at(to, "targetRef.name"),
                                                   text_at(to, "targetRef.sectionName"));
  add_rules(context, http_route, to, mesh ? "" : target, routes);
  routes.services.erase("");
  return routes;
}

Routes routes_to_app(const Context& context, const std::string& cluster) {
  Routes routes;
  Json action = {{"cluster", cluster}};
  Merged timeout = context.policies.inbound("MeshTimeout", context.proxy);
  routes.origins = timeout.origins;
  add_timeouts(timeout.conf, action);
  // kRouteHeader stays: Envoy names its span from it when the request has ended.
  Json route = {{"match", {{"prefix", "/"}}},
                {"request_headers_to_remove", Json::array({kServiceHeader})},
                {"response_headers_to_remove", Json::array({kUndeliveredHeader})},
                {"route", std::move(action)}};
  restore_request_id(route);
  routes.list.push_back(std::move(route));
  return routes;
}

Routes routes_in_zone(const Context& context, const Service& service) {
  Routes routes;
  Json action = {{"cluster", service.name}};
  add_policies(context, service, "", action, routes.origins);
  routes.services.insert(service.name);
  routes.list.push_back(
      {{"name", service.name}, {"match", {{"prefix", "/"}}}, {"route", std::move(action)}});
  return routes;
}

}  // namespace clew::mesh
