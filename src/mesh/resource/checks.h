// What a schema cannot say: which fields exclude or need each other, and what values mean.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "mesh/resource/resource.h"

namespace clew::mesh {

/// Told of each problem: where ("spec.default.tags[0]"), and what.
using Report = std::function<void(const std::string& path, const std::string& problem)>;

/// Checks a resource that its schema has accepted.
void check_resource(const Resource& resource, const Report& report);

}  // namespace clew::mesh
