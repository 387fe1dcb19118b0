#include "api/mcp.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/mcp_request.h"
#include "api/mcp_tools.h"
#include "api/params.h"

namespace clew::api {
namespace {

using Json = nlohmann::json;
using net::HttpRequest;
using net::HttpResponse;

// Source: JSON-RPC 2.0, section 5.1.
constexpr int kParseError = -32700, kInvalidRequest = -32600, kMethodNotFound = -32601,
              kInvalidParams = -32602;

constexpr char kInstructions[] =
    "Traces of requests through services. Where something fails: find_error_roots, then get_trace "
    "with one of its examples. Where something is slow: search_traces with min_duration. Names "
    "come from list_services and list_operations. Times are UTC.";

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json answer_with(const Json& id, const char* key, Json content) {
  return {{"jsonrpc", "2.0"}, {"id", id}, {key, std::move(content)}};
}

Json error_answer(const Json& id, int code, const std::string& message) {
  return answer_with(id, "error", {{"code", code}, {"message", message}});
}

HttpResponse refusal(int status, int code, const std::string& message) {
  return HttpResponse::json(status, text_of(error_answer(nullptr, code, message)));
}

class Mcp {
 public:
  Mcp(query::Engine& engine, std::string version) : tools_(engine), version_(std::move(version)) {}

  HttpResponse answer(const HttpRequest& request) {
    if (!is_origin_allowed(request))
      return refusal(403, kInvalidRequest,
                     "pages of other hosts may not ask: Origin must be of this machine");
    auto tenant = tenant_of(request);
    if (!tenant) return refusal(400, kInvalidRequest, tenant.error().message);
    std::string_view version = request.header("mcp-protocol-version");
    if (!version.empty() && !is_mcp_version(version))
      return refusal(400, kInvalidRequest, "MCP-Protocol-Version: 2025-06-18 or 2025-03-26");
    auto body = request.decoded_body();
    if (!body) return refusal(400, kParseError, body.error().message);
    // Who says no version speaks 2025-03-26, which has batches.
    auto parsed = parse_mcp(body->view(), version.empty() || version == "2025-03-26");
    if (!parsed) {
      bool is_json = parsed.error().code != Code::kMalformed;
      return refusal(parsed.error().code == Code::kTooLarge ? 413 : 400,
                     is_json ? kInvalidRequest : kParseError, parsed.error().message);
    }
    Json answers = Json::array();
    for (const McpMessage& message : parsed->messages)
      if (Json one = answer_message(*tenant, message); !one.is_null())
        answers.push_back(std::move(one));
    if (answers.empty()) return {.status = 202};
    if (parsed->is_batch) return HttpResponse::json(200, text_of(answers));
    return HttpResponse::json(parsed->messages[0].problem ? 400 : 200, text_of(answers[0]));
  }

 private:
  /// Null where nothing is to be answered.
  Json answer_message(const Tenant& tenant, const McpMessage& message) {
    if (message.problem) return error_answer(message.id, kInvalidRequest, *message.problem);
    if (message.id.is_null()) return nullptr;  // notifications change nothing here
    if (message.method == "initialize") return answer_with(message.id, "result", hello(message));
    if (message.method == "ping") return answer_with(message.id, "result", Json::object());
    if (message.method == "tools/list")
      return answer_with(message.id, "result", {{"tools", McpTools::list()}});
    if (message.method == "tools/call") return call_tool(tenant, message);
    return error_answer(message.id, kMethodNotFound, "there is no method " + message.method);
  }

  Json hello(const McpMessage& message) const {
    const Json asked = message.params.value("protocolVersion", Json());
    bool is_known = asked.is_string() && is_mcp_version(asked.get_ref<const std::string&>());
    return {{"protocolVersion", is_known ? asked : Json(kMcpVersions[0])},
            {"capabilities", {{"tools", {{"listChanged", false}}}}},
            {"serverInfo", {{"name", "clew"}, {"title", "Clew traces"}, {"version", version_}}},
            {"instructions", kInstructions}};
  }

  Json call_tool(const Tenant& tenant, const McpMessage& message) {
    const Json name = message.params.value("name", Json());
    if (!name.is_string()) return error_answer(message.id, kInvalidParams, "name is a text");
    const auto& tool = name.get_ref<const std::string&>();
    if (!McpTools::has(tool))
      return error_answer(message.id, kInvalidParams, "there is no tool " + tool);
    Json arguments = message.params.value("arguments", Json::object());
    if (arguments.is_null()) arguments = Json::object();
    if (!arguments.is_object())
      return error_answer(message.id, kInvalidParams, "arguments is an object");
    auto text = tools_.call(tool, tenant, arguments);
    Json content = Json::array();
    content.push_back({{"type", "text"}, {"text", text ? *text : text.error().message}});
    return answer_with(message.id, "result",
                       {{"content", std::move(content)}, {"isError", !text.has_value()}});
  }

  McpTools tools_;
  std::string version_;
};

}  // namespace

void add_mcp(net::HttpRoutes& routes, query::Engine& engine, std::string version) {
  auto mcp = std::make_shared<Mcp>(engine, std::move(version));
  routes.add("POST", "/api/mcp", [mcp](HttpRequest request, net::HttpResponder responder) {
    responder.send(mcp->answer(request));
  });
}

}  // namespace clew::api
