// What an Envoy says and hears in delta xDS. Written from the protocol's definition and not with
// the server's code, so that a mistake there is none here as well. Source:
// envoy.service.discovery.v3, envoy.config.{cluster,listener}.v3.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace clew::bench {

/// In the order in which Envoy begins to ask.
enum class Type : uint8_t { kRuntime, kCluster, kEndpoint, kSecret, kListener, kRoute, kHost };
inline constexpr std::array kTypes = {Type::kRuntime, Type::kCluster,  Type::kEndpoint,
                                      Type::kSecret,  Type::kListener, Type::kRoute,
                                      Type::kHost};

std::string_view name_of(Type type);  // "cluster"

struct Resource {
  std::string name, version;
  /// What has to be asked for because of it: a cluster's endpoints, a listener's routes, and by
  /// whatever name the hosts of routes that have none themselves.
  std::vector<std::string> needs;
};

/// A DeltaDiscoveryResponse.
struct Response {
  Type type = Type::kRuntime;
  std::string nonce;
  std::vector<Resource> resources;
  std::vector<std::string> removed;
};

/// Nothing for what is no such message, or of a type that nobody asked for.
std::optional<Response> read_response(std::string_view bytes);

/// A DeltaDiscoveryRequest.
struct Request {
  Type type = Type::kRuntime;
  std::string node = {};  // of node_message(), on the first of a stream
  std::string nonce = {};
  std::string refusal = {};  // empty: it accepts
  std::vector<std::string> subscribe = {}, unsubscribe = {};
  std::vector<std::pair<std::string, std::string>> known = {};  // names and versions
};

std::string write_request(const Request& request);

/// What nodes have in common, up to a Node of about `bytes`: a build's version and its extensions,
/// which are most of what Envoy says of itself.
std::string node_filler(size_t bytes);

/// An envoy.config.core.v3.Node.
std::string node_message(std::string_view id, std::string_view filler);

}  // namespace clew::bench
