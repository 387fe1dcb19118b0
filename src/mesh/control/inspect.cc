#include "mesh/control/inspect.h"

#include <map>
#include <set>
#include <string>
#include <utility>

#include "mesh/control/diff.h"
#include "mesh/envoy_api/envoy_api.h"
#include "mesh/resource/parse.h"
#include "mesh/resource/schema.h"

namespace clew::mesh {
namespace {

using net::HttpRequest;
using net::HttpResponse;

/// Resources the proxy has refused, with its own words.
Json refusals_of(const xds::ProxyState& state) {
  Json refusals = Json::array();
  for (const xds::TypeState& type : state.types)
    for (const xds::ResourceState& resource : type.resources)
      if (!resource.refusal.empty())
        refusals.push_back({{"type", envoy_api::short_name(type.type_url)},
                            {"name", resource.name},
                            {"text", resource.refusal},
                            {"time_unix_nano", resource.refused_at},
                            {"from", resource.origin}});
  return refusals;
}

/// "online": connected and in agreement; "pending": it has not been told everything, or not
/// answered; "refused": it does not take something; "offline". `planned`: snapshots are of the
/// resources as they were when the state was asked for.
const char* status_of(const std::optional<xds::ProxyState>& state, const Json& refusals,
                      bool planned) {
  if (!state || state->peer.empty()) return "offline";
  if (!refusals.empty()) return "refused";
  return planned && state->settled_revision >= state->revision ? "online" : "pending";
}

/// `planned` is to be asked for before.
Json proxy_line(const ResourcePtr& dataplane, const Planner& planner, bool planned,
                const xds::XdsServer& server, const ProxyElsewhere& elsewhere) {
  std::string id = proxy_id(dataplane->key);
  Proxy proxy = proxy_of(dataplane);
  auto state = server.state(id);
  Json refusals = state ? refusals_of(*state) : Json::array();
  Json line = {{"mesh", dataplane->key.mesh},    {"name", dataplane->key.name},
               {"kind", name_of(proxy.kind)},    {"service", proxy.service},
               {"place", proxy.place},           {"status", status_of(state, refusals, planned)},
               {"refusals", std::move(refusals)}};
  if (state) {
    line["envoy"] = state->node.version;
    line["revision"] = state->revision;
    line["settled_revision"] = state->settled_revision;
    line["connected_unix_nano"] = state->connected_at;
  }
  if (std::string problem = planner.problem(id); !problem.empty()) line["problem"] = problem;
  bool here = state && !state->peer.empty();
  if (auto other = here || !elsewhere ? std::nullopt : elsewhere(dataplane->key))
    line.update(*other);
  return line;
}

Json types_of(const xds::ProxyState& state) {
  Json types = Json::array();
  for (const xds::TypeState& type : state.types) {
    Json resources = Json::array();
    for (const xds::ResourceState& each : type.resources)
      resources.push_back({{"name", each.name},
                           {"sent", each.sent},
                           {"accepted", each.accepted},
                           {"refusal", each.refusal},
                           {"from", each.origin}});
    Json line = {{"type", envoy_api::short_name(type.type_url)},
                 {"resources", std::move(resources)}};
    if (type.accepted_at != 0) line["accepted_unix_nano"] = type.accepted_at;
    if (type.refused_at != 0) line["refused_unix_nano"] = type.refused_at;
    types.push_back(std::move(line));
  }
  return types;
}

Result<ResourcePtr> dataplane_of(const ResourceStore& store, const HttpRequest& request) {
  ResourceKey key{"Dataplane", std::string(request.path_param("mesh")),
                  std::string(request.path_param("name"))};
  ResourcePtr found = store.world()->find(key);
  if (!found)
    return fail(Code::kNotFound, "there is no Dataplane {} in mesh {}", key.name, key.mesh);
  return found;
}

Result<HttpResponse> config(const ResourceStore& store, const Planner& planner,
                            const HttpRequest& request) {
  auto dataplane = dataplane_of(store, request);
  if (!dataplane) return std::unexpected(dataplane.error());
  auto config = planner.config(proxy_id((*dataplane)->key));
  if (!config) return fail(Code::kUnavailable, "it is being composed; try again");
  Json resources = Json::array();
  for (const Piece& piece : config->pieces()) {
    auto body = envoy_api::json_of(type_url_of(piece.type), piece.resource->message());
    if (!body) return std::unexpected(body.error());
    resources.push_back({{"type", name_of(piece.type)},
                         {"name", piece.name()},
                         {"from", piece.resource->origin()},
                         {"body", *std::move(body)}});
  }
  return json_answer(200, {{"identity", config->mtls ? Json(config->identity) : Json()},
                           {"resources", std::move(resources)}});
}

Json certificate_of(const Identities& identities, const std::string& identity) {
  for (const LeafState& leaf : identities.leaves()) {
    if (leaf.identity != identity) continue;
    Json certificate = {{"identity", leaf.identity},
                        {"serial", leaf.serial},
                        {"not_before_unix_nano", leaf.not_before},
                        {"not_after_unix_nano", leaf.not_after}};
    if (!leaf.problem.empty()) certificate["problem"] = leaf.problem;
    return certificate;
  }
  return nullptr;
}

Result<HttpResponse> overview(const ResourceStore& store, const Planner& planner,
                              const xds::XdsServer& server, const Identities& identities,
                              const ProxyElsewhere& elsewhere, const HttpRequest& request) {
  auto dataplane = dataplane_of(store, request);
  if (!dataplane) return std::unexpected(dataplane.error());
  std::string id = proxy_id((*dataplane)->key);
  Json answer = proxy_line(*dataplane, planner, planner.is_idle(), server, elsewhere);
  answer["dataplane"] = json_of(**dataplane);
  auto config = planner.config(id);
  if (config && config->mtls) answer["certificate"] = certificate_of(identities, config->identity);
  if (auto state = server.state(id)) answer["types"] = types_of(*state);
  return json_answer(200, answer);
}

Result<HttpResponse> reached(const ResourceStore& store, const Planner& planner,
                             const HttpRequest& request) {
  const Kind* kind = kind_of_plural(request.path_param("plural"));
  if (kind == nullptr || !kind->in_mesh)
    return fail(Code::kNotFound, "there is no kind {}", request.path_param("plural"));
  ResourceKey key{kind->name, std::string(request.path_param("mesh")),
                  std::string(request.path_param("name"))};
  if (!store.world()->find(key))
    return fail(Code::kNotFound, "there is no {} {} in mesh {}", key.kind, key.name, key.mesh);
  Json items = Json::array();
  for (std::string& name : planner.reached_by(key))
    items.push_back({{"type", "Dataplane"}, {"mesh", key.mesh}, {"name", std::move(name)}});
  return json_answer(200, {{"total", items.size()}, {"items", std::move(items)}});
}

}  // namespace

void add_inspection(net::HttpRoutes& routes, const ResourceStore& store, const Planner& planner,
                    const xds::XdsServer& server, const Identities& identities,
                    const Authenticate& authenticate, ProxyElsewhere elsewhere) {
  auto add = [&](const char* method, std::string_view path, Endpoint endpoint) {
    routes.add(method, path, guarded(authenticate, Role::kReader, std::move(endpoint)));
  };
  add("GET", "/proxies",
      [&, elsewhere](const HttpRequest& request, const Operator&) -> Result<HttpResponse> {
        Json items = Json::array();
        std::string_view mesh = request.query_param("mesh").value_or("");
        auto world = store.world();
        bool planned = planner.is_idle();
        for (const ResourcePtr& each : world->all())
          if (each->key.kind == "Dataplane" && (mesh.empty() || each->key.mesh == mesh))
            items.push_back(proxy_line(each, planner, planned, server, elsewhere));
        return json_answer(200, {{"total", items.size()}, {"items", std::move(items)}});
      });
  add("GET", "/meshes/{mesh}/dataplanes/{name}/_config",
      [&](const HttpRequest& request, const Operator&) { return config(store, planner, request); });
  add("GET", "/meshes/{mesh}/dataplanes/{name}/_overview",
      [&, elsewhere](const HttpRequest& request, const Operator&) {
        return overview(store, planner, server, identities, elsewhere, request);
      });
  add("GET", "/meshes/{mesh}/{plural}/{name}/_resources/dataplanes",
      [&](const HttpRequest& request, const Operator&) {
        return reached(store, planner, request);
      });
  add("POST", "/diff", [&](const HttpRequest& request, const Operator&) -> Result<HttpResponse> {
    auto body = request.decoded_body();
    if (!body) return std::unexpected(body.error());
    std::string file(request.query_param("file").value_or("body"));
    auto parsed = parse_resources(body->view(), file);
    if (!parsed) return std::unexpected(parsed.error());
    if (auto planned = store.plan(*parsed); !planned) return std::unexpected(planned.error());
    return json_answer(200, diff(store.world(), *parsed));
  });
}

}  // namespace clew::mesh
