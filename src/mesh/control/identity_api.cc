#include "mesh/control/identity_api.h"

#include <string>
#include <utility>

namespace clew::mesh {
namespace {

using net::HttpRequest;
using net::HttpResponse;

constexpr char kTokenLife[] = "24h";

/// As the history calls it.
ResourceKey dataplane_token(const std::string& mesh, const std::string& name) {
  return {"DataplaneToken", mesh, name};
}

Result<HttpResponse> create_token(ResourceStore& store, ProxyGate& gate, const HttpRequest& request,
                                  const Operator& who) {
  auto body = request.decoded_body();
  if (!body) return std::unexpected(body.error());
  Json json = Json::parse(body->view(), nullptr, false);
  std::string name = text_at(json, "name"), mesh = text_at(json, "mesh", "default");
  auto valid_for = valid_for_in(json, kTokenLife);
  if (!valid_for) return std::unexpected(valid_for.error());
  if (name.empty())
    return fail(Code::kInvalid, "body: wants {{\"mesh\", \"name\", \"validFor\": \"24h\"}}");
  auto token = gate.create({"Dataplane", mesh, name}, *valid_for);
  if (!token) return std::unexpected(token.error());
  auto noted = store.note(dataplane_token(mesh, name), "create", who.name);
  if (!noted) return std::unexpected(noted.error());
  return json_answer(201, {{"token", *token}});
}

Result<HttpResponse> show_authority(const ResourceStore& store, Identities& identities,
                                    const std::string& mesh) {
  ResourcePtr declared = store.world()->find({"Mesh", "", mesh});
  if (!declared) return fail(Code::kNotFound, "there is no mesh {}", mesh);
  auto authority = identities.authority_of(*declared);
  if (!authority) return std::unexpected(authority.error());
  Json trusted = Json::array();
  for (const identity::AuthorityFacts& each : (*authority)->authorities())
    trusted.push_back({{"subject", each.certificate.subject},
                       {"fingerprint", each.certificate.fingerprint},
                       {"not_before_unix_nano", each.certificate.not_before},
                       {"not_after_unix_nano", each.certificate.not_after},
                       {"signs", each.signs}});
  return json_answer(
      200, {{"trusted", std::move(trusted)}, {"bundle_pem", (*authority)->trust_bundle()}});
}

Result<HttpResponse> rotate(ResourceStore& store, Identities& identities,
                            const HttpRequest& request, const Operator& who) {
  std::string mesh(request.path_param("mesh"));
  std::string_view step = request.path_param("step");
  ResourcePtr declared = store.world()->find({"Mesh", "", mesh});
  if (!declared) return fail(Code::kNotFound, "there is no mesh {}", mesh);
  if (step != "begin" && step != "activate" && step != "finish")
    return fail(Code::kNotFound, "a rotation is begun, activated and finished");
  if (auto there = identities.authority_of(*declared); !there)
    return std::unexpected(there.error());
  Result<void> done;
  if (step == "begin") done = identities.begin_rotation(mesh);
  if (step == "activate") done = identities.activate(mesh);
  if (step == "finish") done = identities.finish_rotation(mesh);
  if (done) done = store.note({"Authority", mesh, mesh}, std::string(step), who.name);
  if (!done) return std::unexpected(done.error());
  return show_authority(store, identities, mesh);
}

Result<HttpResponse> certificates(const Identities& identities) {
  Json items = Json::array();
  for (const LeafState& leaf : identities.leaves())
    items.push_back({{"identity", leaf.identity},
                     {"serial", leaf.serial},
                     {"not_before_unix_nano", leaf.not_before},
                     {"not_after_unix_nano", leaf.not_after},
                     {"problem", leaf.problem}});
  return json_answer(200, {{"items", std::move(items)}});
}

}  // namespace

void add_identity_api(net::HttpRoutes& routes, ResourceStore& store, Identities& identities,
                      ProxyGate& gate, const Authenticate& authenticate) {
  auto add = [&](const char* method, std::string_view path, Role role, Endpoint endpoint) {
    routes.add(method, path, guarded(authenticate, role, std::move(endpoint)));
  };
  add("POST", "/tokens/dataplane", Role::kOperator,
      [&store, &gate](const HttpRequest& request, const Operator& who) {
        return create_token(store, gate, request, who);
      });
  add("DELETE", "/tokens/dataplane/{mesh}/{name}", Role::kOperator,
      [&store, &gate](const HttpRequest& request, const Operator& who) -> Result<HttpResponse> {
        std::string mesh(request.path_param("mesh")), name(request.path_param("name"));
        auto done =
            in_order([&] { return gate.revoke({"Dataplane", mesh, name}); },
                     [&] { return store.note(dataplane_token(mesh, name), "delete", who.name); });
        if (!done) return std::unexpected(done.error());
        return json_answer(200, Json::object());
      });
  add("GET", "/certificates", Role::kReader,
      [&identities](const HttpRequest&, const Operator&) { return certificates(identities); });
  add("GET", "/meshes/{mesh}/authority", Role::kReader,
      [&store, &identities](const HttpRequest& request, const Operator&) {
        return show_authority(store, identities, std::string(request.path_param("mesh")));
      });
  add("POST", "/meshes/{mesh}/authority/{step}", Role::kAdmin,
      [&store, &identities](const HttpRequest& request, const Operator& who) {
        return rotate(store, identities, request, who);
      });
}

}  // namespace clew::mesh
