// The page that shows what an agent does.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "net/http_server.h"

namespace clew::api {

/// What an agent says of itself; what it does is in its metrics.
struct AgentAbout {
  using Names = std::vector<std::pair<std::string, std::string>>;

  std::string version;
  Names place;      // "clew.datacenter" → "fra1"
  Names receivers;  // "otlp/grpc" → "127.0.0.1:4317"; those that are on
  Names exporters;  // "otlp" → "store.internal:4317"
};

/// Adds the page (GET /), its files, and GET /api/clew/v1/agent: `about` and the last warnings and
/// errors of the log as JSON. The page reads that and /metrics.
///
/// `about` is asked each time, on any thread.
void add_agent_page(net::HttpRoutes& routes, std::function<AgentAbout()> about);

}  // namespace clew::api
