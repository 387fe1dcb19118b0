// Any bytes are messages within the bounds, or an error; what is not to be answered has no ID.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "api/mcp_request.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clew::api;
  std::string_view body(reinterpret_cast<const char*>(data), size);
  auto with = parse_mcp(body, true), without = parse_mcp(body, false);
  if (without && (without->is_batch || !with)) std::abort();
  if (!with) return 0;
  if (with->messages.empty() || with->messages.size() > kMostMcpBatch) std::abort();
  if (!with->is_batch && with->messages.size() != 1) std::abort();
  for (const McpMessage& message : with->messages) {
    if (!message.id.is_null() && !message.id.is_string() && !message.id.is_number_integer())
      std::abort();
    if (!message.problem && message.method.empty() && !message.id.is_null()) std::abort();
    if (!message.params.is_object()) std::abort();
  }
  clew::net::HttpRequest request;
  request.headers = {{"Origin", std::string(body)}, {"Host", "clew.example:16686"}};
  // An origin must have a host of digits, or be of this machine.
  if (is_origin_allowed(request) && !body.empty() && body.find("://") == body.npos) std::abort();
  return 0;
}
