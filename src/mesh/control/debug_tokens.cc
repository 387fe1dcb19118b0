#include "mesh/control/debug_tokens.h"

#include <filesystem>
#include <utility>

#include "base/log.h"
#include "mesh/resource/json_access.h"

namespace clew::mesh {
namespace {

using net::HttpRequest;
using net::HttpResponse;

constexpr char kTokenLife[] = "15m";
constexpr uint64_t kSecond = 1'000'000'000;

/// Whether an edge of the mesh may have a virtual host of that name.
bool is_public(const World& world, const std::string& mesh, const std::string& host) {
  for (const ResourcePtr& route : world.of("MeshHTTPRoute", mesh))
    for (const Json& to : list_at(route->body, "spec.to"))
      for (const Json& name : list_at(to, "hostnames"))
        if (name == host) return true;
  return false;
}

Result<HttpResponse> create_token(ResourceStore& store, DebugTokens& tokens,
                                  const HttpRequest& request, const Operator& who) {
  auto body = request.decoded_body();
  if (!body) return std::unexpected(body.error());
  Json json = Json::parse(body->view(), nullptr, false);
  std::string mesh(request.path_param("mesh")), host = text_at(json, "host");
  if (host.empty()) return fail(Code::kInvalid, "body: wants {{\"host\", \"validFor\": \"15m\"}}");
  auto valid_for = valid_for_in(json, kTokenLife);
  if (!valid_for) return std::unexpected(valid_for.error());
  auto token = tokens.create(mesh, host, *valid_for);
  if (!token) return std::unexpected(token.error());
  auto noted = store.note({"DebugToken", mesh, host}, "create", who.name);
  if (!noted) return std::unexpected(noted.error());
  return json_answer(201, {{"token", token->text}, {"expires_unix_nano", token->expires}});
}

}  // namespace

DebugTokens::DebugTokens(std::string directory, std::optional<identity::KeyProtection> protection,
                         const ResourceStore& store, const Clock& clock, bool from_elsewhere)
    : directory_(std::move(directory)),
      protection_(std::move(protection)),
      store_(store),
      clock_(clock),
      from_elsewhere_(from_elsewhere) {}

std::string DebugTokens::file_of(const std::string& mesh) const {
  return directory_ + "/debug-" + mesh + ".json";
}

void DebugTokens::reload(const std::string& mesh) {
  std::lock_guard lock(mutex_);
  keys_.erase(mesh);
}

Result<identity::DebugKey> DebugTokens::key(const std::string& mesh) {
  std::lock_guard lock(mutex_);
  if (auto known = keys_.find(mesh); known != keys_.end()) return known->second;
  if (!protection_)
    return fail(Code::kInvalid,
                "the mesh's debug key would be kept in the open: give --ca-passphrase-file, or say "
                "--ca-plaintext-keys true");
  if (from_elsewhere_ && !std::filesystem::exists(file_of(mesh)))
    return fail(Code::kUnavailable,
                "the key of mesh {} has not come from the global control plane yet", mesh);
  auto made =
      identity::DebugKey::open({.mesh = mesh, .file = file_of(mesh), .protection = *protection_});
  if (!made) return made;
  return keys_.emplace(mesh, *std::move(made)).first->second;
}

Result<DebugTokens::Token> DebugTokens::create(const std::string& mesh, const std::string& host,
                                               uint64_t valid_for_ns) {
  auto world = store_.world();
  if (!world->find({"Mesh", "", mesh})) return fail(Code::kNotFound, "there is no mesh {}", mesh);
  if (!is_public(*world, mesh, host))
    return fail(Code::kNotFound, "no MeshHTTPRoute of the mesh {} has the hostname {}", mesh, host);
  std::chrono::nanoseconds longest = kLongest;
  if (valid_for_ns < kSecond || valid_for_ns > static_cast<uint64_t>(longest.count()))
    return fail(Code::kInvalid, "a debug token is good for 1s to 24h");
  auto key = this->key(mesh);
  if (!key) return std::unexpected(key.error());
  UnixNanos now = clock_.now();
  Token token{.expires = now + static_cast<UnixNanos>(valid_for_ns)};
  auto text = key->token(host, now, token.expires);
  if (!text) return std::unexpected(text.error());
  token.text = *std::move(text);
  return token;
}

std::string DebugTokens::public_keys(const std::string& mesh) {
  auto key = this->key(mesh);
  if (key) return key->public_keys();
  log::warn("mesh: edges of {} take no debug tokens: {}", mesh, key.error().message);
  return "";
}

void add_debug_token_api(net::HttpRoutes& routes, ResourceStore& store, DebugTokens& tokens,
                         const Authenticate& authenticate) {
  routes.add("POST", "/meshes/{mesh}/debug-tokens",
             guarded(authenticate, Role::kOperator,
                     [&store, &tokens](const HttpRequest& request, const Operator& who) {
                       return create_token(store, tokens, request, who);
                     }));
}

}  // namespace clew::mesh
