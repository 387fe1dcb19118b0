// What comes in under the Model Context Protocol: JSON-RPC 2.0 over HTTP.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/http_message.h"

namespace clew::api {

/// Largest body: a call with its arguments is a few hundred bytes.
inline constexpr size_t kMostMcpBytes = 1 << 20;
/// Most messages of one batch; each may be a query.
inline constexpr size_t kMostMcpBatch = 16;
/// Arguments nest twice.
inline constexpr size_t kMostMcpDepth = 32;

/// The newest first.
inline constexpr std::string_view kMcpVersions[] = {"2025-06-18", "2025-03-26"};
bool is_mcp_version(std::string_view version);

/// One message of a client.
struct McpMessage {
  nlohmann::json id;   // text or a whole number; null: a notification or an answer, not answered
  std::string method;  // empty: an answer to a question we never ask
  nlohmann::json params = nlohmann::json::object();
  /// Not valid by itself, though its neighbours may be: what to answer.
  std::optional<std::string> problem = {};
};

struct McpRequest {
  std::vector<McpMessage> messages;  // at least one
  bool is_batch = false;
};

/// Reads a body. kMalformed: it is no JSON; kInvalid: it is no message, or an empty batch, or a
/// batch where `takes_batches` is not set; kTooLarge past the limits above.
Result<McpRequest> parse_mcp(std::string_view body, bool takes_batches);

/// Whether the request may come from a browser's page: without `Origin` it comes from none; else
/// the page must be of this machine, or of the very IP address that was asked. Any name may be made
/// to lead here (DNS rebinding), so that names other than localhost prove nothing.
bool is_origin_allowed(const net::HttpRequest& request);

}  // namespace clew::api
