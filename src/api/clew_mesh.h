// The mesh's control plane, for the pages: what its readers may ask, handed through.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "net/http_server.h"

namespace clew::api {

/// A control plane, and how to read it.
struct MeshSource {
  std::string url;         // http:// or https://, as of `clew mesh run --http`
  std::string token_file;  // of an operator with the role reader; read again when it changes
  std::string ca_file;     // of https; empty: the system's
};

/// Adds GET /api/clew/v1/mesh (whether there is a control plane to ask) and below it a fixed list
/// of what a control plane answers readers with. Without a source those answer 404 and say what to
/// configure. What it answers is not looked into, but it must be JSON of bounded size that comes
/// within seconds; else, and when it refuses the token, the answer is 502, 503 or 504 and says why.
///
/// Fails with kInvalid or kIo for a URL or files that are wrong.
Result<void> add_clew_mesh(net::HttpRoutes& routes, const std::optional<MeshSource>& source);

}  // namespace clew::api
