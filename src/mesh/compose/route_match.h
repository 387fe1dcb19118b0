// The parts of a MeshHTTPRoute's rule that are Envoy's in other words: matches and filters.
#pragma once

#include <set>
#include <string>

#include "mesh/compose/catalog.h"
#include "mesh/resource/json_access.h"

namespace clew::mesh {

/// {path, method, headers, queryParams} as a RouteMatch; an empty one matches everything.
Json envoy_match(const Json& match);

/// Does what one filter says, to the route or to its action: RequestHeaderModifier,
/// ResponseHeaderModifier, RequestRedirect, URLRewrite, RequestMirror (whose target is added to
/// `services`). A redirect stands in the route and makes the action needless.
void apply_filter(const Catalog& catalog, const Json& filter, const Json& match, Json& route,
                  Json& action, std::set<std::string>& services);

}  // namespace clew::mesh
