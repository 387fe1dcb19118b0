// Requests with a debug token: traced in full whatever MeshTrace says of sampling.
//
// An edge decides on tracing before its filters run, so a token has to be checked before that:
//
//     public listener                              internal listener (kDebugName) of the same Envoy
//     token checked, host compared, no span   ->   traced, the same routes, kDebugHeader: 1   ->
//
#pragma once

#include <string>

#include "mesh/compose/listener.h"

namespace clew::mesh {

/// What clients put a token in.
inline constexpr char kDebugTokenHeader[] = "x-clew-debug";

/// Tells the proxies behind an edge to trace a request whatever they sample. Only proxies of the
/// mesh and apps can set it: an edge removes it from what clients send.
inline constexpr char kDebugHeader[] = "x-mesh-debug";

/// Whether an edge takes tokens: it needs a key to check them, and somewhere to send spans.
bool takes_debug_tokens(const Context& context);

/// Refuses (401) requests whose token is not the mesh's or has expired. Names the host that a good
/// one is for in a header that debug_routes() looks at.
Json debug_token_filter(const Context& context);

/// The routes of a public host that come before all others: requests with a token of that host go
/// to the internal listener, those with one of another are refused (403).
Json debug_routes(const std::string& host);

/// Leaves it to the internal listener to log what is forwarded to it.
void log_debug_requests_once(Json& public_manager);

/// What the internal listener adds: it and its cluster. `routes` is the route configuration that it
/// shares with the public one.
void add_debug_listener(Builder& builder, const char* routes);

/// What debug_routes() need of their route configuration: no route hands on a token, and clients
/// are told the trace of the internal listener, not the one that the public listener leaves away.
void share_with_debug_listener(Json& configuration);

}  // namespace clew::mesh
