// The REST API of resources: Kuma's paths, and Clew's own for several at once and for history.
#pragma once

#include <functional>
#include <string>

#include "mesh/resource/operators.h"
#include "mesh/resource/resource_store.h"
#include "net/http_server.h"

namespace clew::mesh {

/// Who a request comes from: kUnauthenticated when it does not say or cannot prove it.
using Authenticate = std::function<Result<Operator>(const net::HttpRequest&)>;

/// Whether requests need tokens; without, everyone is an admin, called by `stranger`.
Authenticate authenticate_by(const OperatorTokens& tokens, bool required, std::string stranger);

/// A handler that knows who asks; its errors become answers.
using Endpoint =
    std::function<Result<net::HttpResponse>(const net::HttpRequest&, const Operator& who)>;

/// Lets those in who have the role, at least: else 401 or 403.
net::HttpHandler guarded(const Authenticate& authenticate, Role needed, Endpoint endpoint);

/// `json` as an answer; bytes in it that are no UTF-8 are replaced.
net::HttpResponse json_answer(int status, const nlohmann::json& json);

/// How long what a request makes is good for, in nanoseconds: "validFor" of its body, a text as
/// "24h", or else `otherwise`. kInvalid for anything else.
Result<uint64_t> valid_for_in(const nlohmann::json& body, const std::string& otherwise);

/// Adds, each with the role it needs:
/// - GET /meshes, /zones, /edges and /meshes/{mesh}/{plural}: {"total", "items", "next"}; ?size and
///   ?offset page
/// - GET, PUT, DELETE of one below these paths; PUT answers 201 for a new one
/// - POST /apply: YAML or JSON of any resources, all or none; ?dry_run=true only says what would be
/// - GET /history?type=&mesh=&name=&limit=: who did what, the newest first
/// - GET, POST /operator-tokens and DELETE /operator-tokens/{name}
/// Errors are {"error": {"code", "message"}} with 400, 401, 403, 404. Source: Kuma's REST API.
void add_rest(net::HttpRoutes& routes, ResourceStore& store, OperatorTokens& tokens,
              const Authenticate& authenticate);

/// What the API is, as OpenAPI 3.1 describes APIs.
std::string openapi();

}  // namespace clew::mesh
