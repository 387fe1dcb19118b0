// Fields that Envoy 1.40 has and the newest published descriptors do not.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace clew::mesh::envoy_api {

/// A serialized FileDescriptorProto with the fields it lacks; nothing if it lacks none. Source: the
/// API of Envoy 1.40, as go-control-plane 1.40 has it.
std::optional<std::string> with_newer_fields(std::string_view file);

}  // namespace clew::mesh::envoy_api
