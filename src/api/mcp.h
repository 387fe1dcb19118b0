// The Model Context Protocol: traces for assistants. Described in docs/api.md.
// Source: modelcontextprotocol.io, revisions 2025-03-26 and 2025-06-18, transport "streamable
// HTTP".
#pragma once

#include <string>

#include "net/http_server.h"
#include "query/engine.h"

namespace clew::api {

/// Adds POST /api/mcp; other methods get 405, since there is nothing to say unasked. No sessions:
/// every request stands for itself. The engine must outlive the server. `version` is Clew's.
void add_mcp(net::HttpRoutes& routes, query::Engine& engine, std::string version);

}  // namespace clew::api
