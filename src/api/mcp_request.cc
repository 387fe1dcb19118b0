#include "api/mcp_request.h"

#include <arpa/inet.h>

#include <algorithm>

namespace clew::api {
namespace {

using Json = nlohmann::json;

/// Before anything is built: brackets in texts do not count.
bool is_too_deep(std::string_view text) {
  size_t depth = 0;
  bool in_text = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (in_text) {
      if (c == '\\') ++i;
      if (c == '"') in_text = false;
      continue;
    }
    if (c == '"') in_text = true;
    if ((c == '{' || c == '[') && ++depth > kMostMcpDepth) return true;
    if ((c == '}' || c == ']') && depth > 0) --depth;
  }
  return false;
}

McpMessage message_of(Json& json) {
  McpMessage message;
  auto wrong = [&](std::string problem) {
    message.problem = std::move(problem);
    return std::move(message);
  };
  if (!json.is_object()) return wrong("a message is an object");
  if (auto id = json.find("id"); id != json.end()) {
    if (!id->is_string() && !id->is_number_integer()) return wrong("id is a text or whole number");
    message.id = *id;
  }
  if (json.value("jsonrpc", Json()) != "2.0") return wrong("jsonrpc is \"2.0\"");
  auto method = json.find("method");
  if (method == json.end()) {
    bool is_answer = json.contains("result") || json.contains("error");
    if (!is_answer) return wrong("there is no method");
    message.id = nullptr;
    return message;
  }
  if (!method->is_string()) return wrong("method is a text");
  message.method = method->get<std::string>();
  if (auto params = json.find("params"); params != json.end()) {
    if (!params->is_object()) return wrong("params is an object");
    message.params = std::move(*params);
  }
  return message;
}

/// Without brackets and port.
std::string_view host_of(std::string_view authority) {
  if (authority.starts_with('['))
    return authority.substr(1, std::min(authority.size(), authority.find(']')) - 1);
  return authority.substr(0, authority.find(':'));
}

bool is_ip(const std::string& host) {
  in6_addr address;
  return inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool is_this_machine(const std::string& host) {
  in_addr address;
  if (inet_pton(AF_INET, host.c_str(), &address) == 1) return ntohl(address.s_addr) >> 24 == 127;
  return host == "localhost" || host == "::1";
}

}  // namespace

bool is_mcp_version(std::string_view version) {
  return std::ranges::find(kMcpVersions, version) != std::end(kMcpVersions);
}

Result<McpRequest> parse_mcp(std::string_view body, bool takes_batches) {
  if (body.size() > kMostMcpBytes)
    return fail(Code::kTooLarge, "the message has more than {} bytes", kMostMcpBytes);
  if (is_too_deep(body))
    return fail(Code::kTooLarge, "the message nests more than {} deep", kMostMcpDepth);
  Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return fail(Code::kMalformed, "the body is no JSON");
  McpRequest request;
  if (json.is_array()) {
    if (!takes_batches)
      return fail(Code::kInvalid, "batches are of revision 2025-03-26 only; send one message");
    if (json.empty()) return fail(Code::kInvalid, "the batch is empty");
    if (json.size() > kMostMcpBatch)
      return fail(Code::kTooLarge, "the batch has more than {} messages", kMostMcpBatch);
    request.is_batch = true;
    for (Json& each : json) request.messages.push_back(message_of(each));
  } else {
    if (!json.is_object()) return fail(Code::kInvalid, "a message is an object");
    request.messages.push_back(message_of(json));
  }
  return request;
}

bool is_origin_allowed(const net::HttpRequest& request) {
  std::string_view origin = request.header("origin");
  if (origin.empty()) return true;
  size_t scheme = origin.find("://");
  if (scheme == origin.npos) return false;  // "null", of a sandbox or a file
  std::string host(host_of(origin.substr(scheme + 3)));
  if (is_this_machine(host)) return true;
  return is_ip(host) && host == host_of(request.header("host"));
}

}  // namespace clew::api
