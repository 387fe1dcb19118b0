// The messages of ADS on the wire: what a proxy asks, and what it is answered. Read and written by
// hand, since a first request is 60 kB of which a few hundred bytes matter.
// Source: envoy.service.discovery.v3, envoy.config.core.v3.Node.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <protozero/pbf_reader.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "mesh/xds/snapshot.h"

namespace clew::mesh::xds {

/// Who asks: what matters of envoy.config.core.v3.Node.
struct Node {
  std::string id, cluster;
  std::string agent;    // "envoy"
  std::string version;  // "1.40.0"
  std::string region, zone, sub_zone;
  /// Strings, numbers and booleans; those within structs by their path: "dataplane.token".
  std::map<std::string, std::string> metadata;
};

/// The client does not take what it was sent.
struct Refusal {
  int64_t code = 0;
  std::string text;  // cut at limits::kXdsRefusalBytes
};

/// One request of either protocol.
struct Request {
  std::optional<Node> node;
  std::string type_url;
  std::string nonce;  // of the response that it answers; else empty
  std::optional<Refusal> refusal;
  /// Delta: to be added; state of the world: all that the client wants.
  std::vector<std::string> names;
  std::vector<std::string> unsubscribe;                    // delta
  std::vector<std::pair<std::string, std::string>> known;  // delta: names and versions it has
};

/// Inside of reading.h's guarded().
Node read_node(protozero::pbf_reader reader);

/// Reads a DeltaDiscoveryRequest. kMalformed, or kTooLarge past limits::kXdsNames.
Result<Request> read_delta_request(std::string_view bytes);
/// Reads a DiscoveryRequest; errors as above.
Result<Request> read_request(std::string_view bytes);

/// A DeltaDiscoveryResponse.
std::string delta_response(std::string_view type_url, std::string_view nonce, uint64_t revision,
                           std::span<const XdsResourcePtr> resources,
                           std::span<const std::string> removed);
/// A DiscoveryResponse.
std::string response(std::string_view type_url, std::string_view nonce, std::string_view version,
                     std::span<const XdsResourcePtr> resources);

/// A google.protobuf.Any.
std::string any_message(std::string_view type_url, std::string_view message);
/// envoy.service.discovery.v3.Resource; the bytes of `any` are its last.
std::string resource_message(std::string_view name, std::string_view version, std::string_view any);

}  // namespace clew::mesh::xds
