#include "mesh/resource/rest.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <utility>

#include "base/duration.h"
#include "mesh/resource/parse.h"
#include "mesh/resource/schema.h"

namespace clew::mesh {
namespace {

using Json = nlohmann::json;
using net::HttpRequest;
using net::HttpResponse;

constexpr size_t kPageSize = 100;  // Kuma's
constexpr size_t kMostPerPage = 1000;

HttpResponse forbidden(const Operator& who, Role needed) {
  return json_answer(403, {{"error",
                            {{"code", "forbidden"},
                             {"message", fmt::format("{} has the role {}; this takes {}", who.name,
                                                     name_of(who.role), name_of(needed))}}}});
}

class Api {
 public:
  Api(net::HttpRoutes& routes, ResourceStore& store, OperatorTokens& tokens,
      Authenticate authenticate)
      : routes_(routes), store_(store), tokens_(tokens), authenticate_(std::move(authenticate)) {}

  void add(const char* method, std::string_view pattern, Role needed, Endpoint endpoint) {
    routes_.add(method, pattern, guarded(authenticate_, needed, std::move(endpoint)));
  }

  ResourceStore& store() const { return store_; }
  OperatorTokens& tokens() const { return tokens_; }

 private:
  net::HttpRoutes& routes_;
  ResourceStore& store_;
  OperatorTokens& tokens_;
  Authenticate authenticate_;
};

size_t number_param(const HttpRequest& request, std::string_view name, size_t otherwise) {
  size_t number = otherwise;
  auto text = request.query_param(name);
  if (text) std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

Result<HttpResponse> list(const ResourceStore& store, const HttpRequest& request,
                          const std::string& kind, const std::string& mesh) {
  auto world = store.world();
  auto all = world->of(kind, mesh);
  size_t offset = std::min(number_param(request, "offset", 0), all.size());
  size_t size = std::clamp<size_t>(number_param(request, "size", kPageSize), 1, kMostPerPage);
  Json items = Json::array();
  for (const ResourcePtr& each : all.subspan(offset, std::min(size, all.size() - offset)))
    items.push_back(json_of(*each));
  size_t end = offset + items.size();
  Json next = nullptr;
  if (end < all.size()) next = fmt::format("{}?size={}&offset={}", request.path, size, end);
  return json_answer(200, {{"total", all.size()}, {"items", std::move(items)}, {"next", next}});
}

Result<HttpResponse> get(const ResourceStore& store, const ResourceKey& key) {
  ResourcePtr resource = store.world()->find(key);
  if (!resource) return fail(Code::kNotFound, "there is no {} {}", key.kind, key.name);
  return json_answer(200, json_of(*resource));
}

/// One resource whose path says what it is; the body need not say it again, but not otherwise.
Result<HttpResponse> put(ResourceStore& store, const HttpRequest& request, const ResourceKey& key,
                         const Operator& who) {
  auto body = request.decoded_body();
  if (!body) return std::unexpected(body.error());
  auto parsed = parse_resources(body->view(), "body");
  if (!parsed) return std::unexpected(parsed.error());
  if (parsed->size() != 1) return fail(Code::kInvalid, "body: one resource is wanted here");
  if (parsed->front().key != key)
    return fail(Code::kInvalid, "body: is {} {} of mesh \"{}\", but the path says {} {} of \"{}\"",
                parsed->front().key.kind, parsed->front().key.name, parsed->front().key.mesh,
                key.kind, key.name, key.mesh);
  auto applied = store.apply(*parsed, who.name);
  if (!applied) return std::unexpected(applied.error());
  return json_answer(applied->front() == Change::kCreated ? 201 : 200,
                     {{"warnings", Json::array()}});
}

Result<HttpResponse> remove(ResourceStore& store, const ResourceKey& key, const Operator& who) {
  if (auto removed = store.remove(key, who.name); !removed) return std::unexpected(removed.error());
  return json_answer(200, Json::object());
}

const char* name_of(Change change) {
  switch (change) {
    case Change::kNone:
      return "unchanged";
    case Change::kCreated:
      return "created";
    case Change::kUpdated:
      return "updated";
  }
  return "";
}

Result<HttpResponse> apply(ResourceStore& store, const HttpRequest& request, const Operator& who) {
  auto body = request.decoded_body();
  if (!body) return std::unexpected(body.error());
  std::string file(request.query_param("file").value_or("body"));
  if (body->view().empty()) return fail(Code::kInvalid, "{}: is empty", file);
  auto parsed = parse_resources(body->view(), file);
  if (!parsed) return std::unexpected(parsed.error());
  bool dry = request.query_param("dry_run").value_or("false") == "true";
  auto applied = dry ? store.plan(*parsed) : store.apply(*parsed, who.name);
  if (!applied) return std::unexpected(applied.error());
  Json changes = Json::array();
  for (size_t i = 0; i < parsed->size(); ++i) {
    const ResourceKey& key = (*parsed)[i].key;
    changes.push_back({{"type", key.kind},
                       {"mesh", key.mesh},
                       {"name", key.name},
                       {"change", name_of((*applied)[i])}});
  }
  return json_answer(200,
                     {{"revision", store.world()->revision()}, {"changes", std::move(changes)}});
}

Result<HttpResponse> history(const ResourceStore& store, const HttpRequest& request) {
  auto param = [&](std::string_view name) {
    return std::string(request.query_param(name).value_or(""));
  };
  size_t limit = std::clamp<size_t>(number_param(request, "limit", kPageSize), 1, kMostPerPage);
  auto versions = store.history({param("type"), param("mesh"), param("name")}, limit);
  if (!versions) return std::unexpected(versions.error());
  Json items = Json::array();
  for (const Version& each : *versions)
    items.push_back({{"revision", each.revision},
                     {"time_unix_nano", each.time},
                     {"author", each.author},
                     {"action", each.action},
                     {"type", each.key.kind},
                     {"mesh", each.key.mesh},
                     {"name", each.key.name},
                     {"resource", Json::parse(each.content, nullptr, false)}});
  return json_answer(200, {{"items", std::move(items)}});
}

/// As the history calls it.
ResourceKey operator_token(const std::string& name) {
  return {"OperatorToken", "", name};
}

Result<HttpResponse> create_token(ResourceStore& store, OperatorTokens& tokens,
                                  const HttpRequest& request, const Operator& who) {
  auto body = request.decoded_body();
  if (!body) return std::unexpected(body.error());
  Json json = Json::parse(body->view(), nullptr, false);
  // A misspelt or misplaced validFor would make a token that never ends.
  std::map<std::string, std::string> texts = {{"name", ""}, {"role", ""}, {"validFor", "0"}};
  bool known = json.is_object();
  for (const auto& [field, value] : json.items()) {
    known = known && texts.contains(field) && value.is_string();
    if (known) texts[field] = value;
  }
  auto role = role_of(texts["role"]);
  if (!known || !role || texts["name"].empty())
    return fail(Code::kInvalid,
                "body: wants {{\"name\", \"role\": reader, operator or admin, "
                "\"validFor\": \"720h\"}}");
  auto valid_for = parse_duration(texts["validFor"]);
  if (!valid_for) return fail(Code::kInvalid, "body: validFor: {}", valid_for.error().message);
  auto token = tokens.create({texts["name"], *role}, *valid_for);
  if (!token) return std::unexpected(token.error());
  auto noted = store.note(operator_token(texts["name"]), "create", who.name);
  if (!noted) return std::unexpected(noted.error());
  return json_answer(201, {{"name", texts["name"]}, {"role", name_of(*role)}, {"token", *token}});
}

Result<HttpResponse> list_tokens(const OperatorTokens& tokens) {
  auto all = tokens.list();
  if (!all) return std::unexpected(all.error());
  Json items = Json::array();
  for (const TokenEntry& each : *all)
    items.push_back({{"name", each.subject},
                     {"role", each.grant},
                     {"created_unix_nano", each.created},
                     {"expires_unix_nano", each.expires}});
  return json_answer(200, {{"items", std::move(items)}});
}

/// Of a path below /meshes/{mesh}; an unknown plural is a 404.
Result<ResourceKey> key_of(const HttpRequest& request) {
  const Kind* kind = kind_of_plural(request.path_param("plural"));
  if (kind == nullptr || !kind->in_mesh)
    return fail(Code::kNotFound, "there is no kind {}", request.path_param("plural"));
  return ResourceKey{kind->name, std::string(request.path_param("mesh")),
                     std::string(request.path_param("name"))};
}

using KeyOf = std::function<Result<ResourceKey>(const HttpRequest&)>;

/// GET of all and of one, PUT and DELETE of one.
void add_resources(Api& api, const std::string& path, const KeyOf& key) {
  ResourceStore& store = api.store();
  std::string one = path + "/{name}";
  api.add("GET", path, Role::kReader,
          [&store, key](const HttpRequest& request, const Operator&) -> Result<HttpResponse> {
            auto wanted = key(request);
            if (!wanted) return std::unexpected(wanted.error());
            return list(store, request, wanted->kind, wanted->mesh);
          });
  api.add("GET", one, Role::kReader,
          [&store, key](const HttpRequest& request, const Operator&) -> Result<HttpResponse> {
            auto wanted = key(request);
            if (!wanted) return std::unexpected(wanted.error());
            return get(store, *wanted);
          });
  api.add("PUT", one, Role::kOperator,
          [&store, key](const HttpRequest& request, const Operator& who) -> Result<HttpResponse> {
            auto wanted = key(request);
            if (!wanted) return std::unexpected(wanted.error());
            return put(store, request, *wanted, who);
          });
  api.add("DELETE", one, Role::kOperator,
          [&store, key](const HttpRequest& request, const Operator& who) -> Result<HttpResponse> {
            auto wanted = key(request);
            if (!wanted) return std::unexpected(wanted.error());
            return remove(store, *wanted, who);
          });
}

void add_tokens(Api& api) {
  OperatorTokens& tokens = api.tokens();
  ResourceStore& store = api.store();
  api.add("GET", "/operator-tokens", Role::kAdmin,
          [&tokens](const HttpRequest&, const Operator&) { return list_tokens(tokens); });
  api.add("POST", "/operator-tokens", Role::kAdmin,
          [&store, &tokens](const HttpRequest& request, const Operator& who) {
            return create_token(store, tokens, request, who);
          });
  api.add("DELETE", "/operator-tokens/{name}", Role::kAdmin,
          [&](const HttpRequest& request, const Operator& who) -> Result<HttpResponse> {
            std::string name(request.path_param("name"));
            auto done =
                in_order([&] { return tokens.revoke(name); },
                         [&] { return store.note(operator_token(name), "delete", who.name); });
            if (!done) return std::unexpected(done.error());
            return json_answer(200, Json::object());
          });
}

}  // namespace

net::HttpResponse json_answer(int status, const Json& json) {
  return HttpResponse::json(status, json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

net::HttpHandler guarded(const Authenticate& authenticate, Role needed, Endpoint endpoint) {
  return [authenticate, needed, endpoint = std::move(endpoint)](const HttpRequest& request,
                                                                net::HttpResponder responder) {
    auto who = authenticate(request);
    if (!who) return responder.send(HttpResponse::json_error(who.error()));
    if (who->role < needed) return responder.send(forbidden(*who, needed));
    auto done = endpoint(request, *who);
    responder.send(done ? *std::move(done) : HttpResponse::json_error(done.error()));
  };
}

Authenticate authenticate_by(const OperatorTokens& tokens, bool required, std::string stranger) {
  return [&tokens, required,
          stranger = std::move(stranger)](const HttpRequest& request) -> Result<Operator> {
    constexpr std::string_view kBearer = "Bearer ";
    std::string_view header = request.header("Authorization");
    if (header.starts_with(kBearer)) return tokens.verify(header.substr(kBearer.size()));
    if (!required && header.empty()) return Operator{stranger, Role::kAdmin};
    return fail(Code::kUnauthenticated,
                "this takes a token: Authorization: Bearer … (see clew mesh token)");
  };
}

Result<uint64_t> valid_for_in(const Json& body, const std::string& otherwise) {
  Json value = body.is_object() ? body.value("validFor", Json(otherwise)) : Json(otherwise);
  if (!value.is_string()) return fail(Code::kInvalid, "body: validFor: must be text, as \"24h\"");
  auto parsed = parse_duration(value.get<std::string>());
  if (!parsed) return fail(Code::kInvalid, "body: validFor: {}", parsed.error().message);
  return parsed;
}

void add_rest(net::HttpRoutes& routes, ResourceStore& store, OperatorTokens& tokens,
              const Authenticate& authenticate) {
  Api api(routes, store, tokens, authenticate);
  for (const auto& [name, kind] : kinds()) {
    if (kind.in_mesh) continue;
    add_resources(api, "/" + kind.plural, [kind_name = name](const HttpRequest& request) {
      return ResourceKey{kind_name, "", std::string(request.path_param("name"))};
    });
  }
  add_resources(api, "/meshes/{mesh}/{plural}", key_of);
  api.add("POST", "/apply", Role::kOperator,
          [&store](const HttpRequest& request, const Operator& who) {
            return apply(store, request, who);
          });
  api.add("GET", "/history", Role::kReader, [&store](const HttpRequest& request, const Operator&) {
    return history(store, request);
  });
  add_tokens(api);
  // Made once: it runs on an I/O thread.
  routes.add_inline("GET", "/openapi.json",
                    [document = openapi()](const HttpRequest&, net::HttpResponder responder) {
                      responder.send(HttpResponse::json(200, document));
                    });
}

}  // namespace clew::mesh
