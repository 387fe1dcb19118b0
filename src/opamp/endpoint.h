// Where agents report: OpAMP's plain HTTP transport.
#pragma once

#include "net/http_server.h"
#include "opamp/agents.h"

namespace clew::opamp {

/// Adds POST /v1/opamp: an AgentToServer as application/x-protobuf, with any Content-Encoding of
/// net/encoding.h, answered with a ServerToAgent. What is no such message gets 400 with an
/// error_response, a report past limits::kOpampMessageBytes 413, and an agent that finds no room
/// 503 with Retry-After and an error_response. Nothing is ever asked of an agent but to tell all
/// again. `agents` must outlive the server. Source: OpAMP specification, "Plain HTTP Transport".
void add_opamp(net::HttpRoutes& routes, Agents& agents);

}  // namespace clew::opamp
