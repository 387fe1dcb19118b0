// Envoy's API by its descriptors: resources are composed as JSON, as Envoy's own documents write
// them, and become protobuf here. No code is generated; protobuf's headers stay behind this one.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace clew::mesh::envoy_api {

/// What an xDS client asks for by type URL.
inline constexpr std::string_view kListener =
    "type.googleapis.com/envoy.config.listener.v3.Listener";
inline constexpr std::string_view kRoute =
    "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";
inline constexpr std::string_view kHost = "type.googleapis.com/envoy.config.route.v3.VirtualHost";
inline constexpr std::string_view kCluster = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
inline constexpr std::string_view kEndpoint =
    "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";
inline constexpr std::string_view kSecret =
    "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";
inline constexpr std::string_view kRuntime = "type.googleapis.com/envoy.service.runtime.v3.Runtime";

/// The last part of a type URL, for logs, labels and people: "Listener", "ClusterLoadAssignment".
std::string_view short_name(std::string_view type_url);

/// In an Any's JSON, beside "@type": more of its message, which serialize() has made before, as a
/// binary value. What many resources have in common needs to be converted only once so.
inline constexpr char kSerialized[] = "@serialized";

/// `json` as the serialized message of that type; field names as in the .proto or lowerCamelCase,
/// durations as "1.5s", an Any as an object with "@type". Equal JSON gives equal bytes. Fails with
/// kNotFound for a type that Envoy's API does not have, with kInvalid, naming the resource and
/// where in it, for unknown fields and values that do not fit. Any thread.
Result<std::string> serialize(std::string_view type_url, const nlohmann::json& json);

/// The other way round, with the field names of the .proto; fields with their default value are
/// left out. Fails with kNotFound as above, with kMalformed for bytes that are no such message (or
/// have an Any of an unknown type). Any thread.
Result<nlohmann::json> json_of(std::string_view type_url, std::string_view bytes);

}  // namespace clew::mesh::envoy_api
