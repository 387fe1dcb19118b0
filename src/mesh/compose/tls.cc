#include "mesh/compose/tls.h"

#include <utility>

namespace clew::mesh {
namespace {

constexpr char kTlsSocket[] = "envoy.transport_sockets.tls";

Json secret(const char* name) {
  return {{"name", name}, {"sds_config", from_ads()}};
}

/// A certificate of our own, and the names of which the other end must have one.
Json common_context(const Json& names, Json alpn) {
  Json validation = {{"validation_context_sds_secret_config", secret(kTrustSecret)},
                     {"default_validation_context", {{"match_typed_subject_alt_names", names}}}};
  return {{"tls_certificate_sds_secret_configs", Json::array({secret(kIdentitySecret)})},
          {"combined_validation_context", std::move(validation)},
          {"alpn_protocols", std::move(alpn)},
          {"tls_params", {{"tls_minimum_protocol_version", "TLSv1_2"}}}};
}

ResourcePtr mesh_of(const Context& context) {
  return context.world.find({"Mesh", "", context.catalog.mesh()});
}

/// The backend that the Mesh has enabled; null when there is none.
const Json& enabled_backend(const ResourcePtr& mesh) {
  static const Json kNothing;
  if (!mesh) return kNothing;
  std::string name = text_at(mesh->body, "mtls.enabledBackend");
  for (const Json& backend : list_at(mesh->body, "mtls.backends"))
    if (!name.empty() && text_at(backend, "name") == name) return backend;
  return kNothing;
}

}  // namespace

bool has_mtls(const Context& context) {
  return !enabled_backend(mesh_of(context)).is_null() ||
         !context.policies.matching("MeshIdentity", context.proxy).empty();
}

bool wants_provided_authority(const Context& context) {
  return text_at(enabled_backend(mesh_of(context)), "type") == "provided";
}

std::vector<std::string> trusted_besides(const Context& context) {
  std::vector<std::string> bundles;
  for (const ResourcePtr& trust : context.policies.all("MeshTrust"))
    for (const Json& bundle : list_at(trust->body, "spec.caBundles"))
      bundles.push_back(text_at(bundle, "pem.value"));
  return bundles;
}

Mtls mtls_of(const Context& context) {
  if (!has_mtls(context)) return {};
  ResourcePtr mesh = mesh_of(context);
  const Json& backend = enabled_backend(mesh);
  Mtls mtls{.mode = MtlsMode::kStrict};
  if (!backend.is_null()) {
    mtls.origins.push_back(mesh->key);
    if (text_at(backend, "mode", "STRICT") == "PERMISSIVE") mtls.mode = MtlsMode::kPermissive;
  }
  for (const ResourcePtr& each : context.policies.matching("MeshIdentity", context.proxy))
    mtls.origins.push_back(each->key);
  if (Merged tls = context.policies.inbound("MeshTLS", context.proxy)) {
    std::string mode = text_at(tls.conf, "mode");
    if (mode == "Strict") mtls.mode = MtlsMode::kStrict;
    if (mode == "Permissive") mtls.mode = MtlsMode::kPermissive;
    append_origins(mtls.origins, tls.origins);
  }
  return mtls;
}

std::string spiffe_id(const std::string& mesh, const std::string& service) {
  return "spiffe://" + mesh + "/" + service;
}

Json mesh_server_socket(const std::string& mesh, bool http) {
  // An authority that was made elsewhere may sign for several meshes.
  Json anyone =
      Json::array({{{"san_type", "URI"}, {"matcher", {{"prefix", spiffe_id(mesh, "")}}}}});
  // Not kMeshAlpn: what both agree on tells Envoy which HTTP it is, and that says nothing.
  Json alpn = http ? Json::array({"h2", "http/1.1"}) : Json::array();
  return extension(kTlsSocket,
                   typed("extensions.transport_sockets.tls.v3.DownstreamTlsContext",
                         {{"common_tls_context", common_context(anyone, std::move(alpn))},
                          {"require_client_certificate", true}}));
}

Json mesh_client_socket(const std::string& mesh, const std::vector<std::string>& services,
                        std::string_view http) {
  Json names = Json::array();
  for (const std::string& service : services)
    names.push_back({{"san_type", "URI"}, {"matcher", {{"exact", spiffe_id(mesh, service)}}}});
  Json alpn = Json::array({kMeshAlpn});
  if (!http.empty()) alpn.push_back(http);
  return extension(kTlsSocket,
                   typed("extensions.transport_sockets.tls.v3.UpstreamTlsContext",
                         {{"common_tls_context", common_context(names, std::move(alpn))}}));
}

}  // namespace clew::mesh
