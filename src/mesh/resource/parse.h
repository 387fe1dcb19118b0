// Resources as people write them: YAML in Kuma's universal format, or JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mesh/resource/resource.h"

namespace clew::mesh {

/// Reads all documents of `text`; a list counts as its elements, and an empty document as none.
/// `file` is what errors call it. Fails with kInvalid (kTooLarge past limits::kResourceFileBytes)
/// and every problem on a line of its own, as "mesh.yaml:14: MeshTrace all:
/// spec.default.backends[0].datadog: not supported: use zipkin or openTelemetry". A field that is
/// unknown, of a wrong type, empty or not supported is a problem; nothing is ignored but
/// creationTime and modificationTime, which Kuma writes.
Result<std::vector<Resource>> parse_resources(std::string_view text, std::string_view file);

/// The YAML that parse_resources() reads as `resource`, its fields in a stable order.
std::string yaml_of(const Resource& resource);

/// The same as JSON, as the REST API answers.
nlohmann::json json_of(const Resource& resource);

/// Back from json_of() as text, of what has been valid once: kinds and fields are not looked at.
/// kMalformed for what names no resource.
Result<Resource> resource_of(const std::string& json);

}  // namespace clew::mesh
