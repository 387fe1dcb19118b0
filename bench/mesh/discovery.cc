#include "discovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

namespace clew::bench {
namespace {

using protozero::pbf_reader;
using protozero::pbf_writer;

constexpr std::string_view kPrefix = "type.googleapis.com/";
constexpr std::string_view kManager =
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3."
    "HttpConnectionManager";
constexpr uint32_t kEds = 3;  // of Cluster.DiscoveryType

struct Named {
  Type type;
  std::string_view name, message;
};
constexpr std::array<Named, kTypes.size()> kNamed = {{
    {Type::kRuntime, "runtime", "envoy.service.runtime.v3.Runtime"},
    {Type::kCluster, "cluster", "envoy.config.cluster.v3.Cluster"},
    {Type::kEndpoint, "endpoint", "envoy.config.endpoint.v3.ClusterLoadAssignment"},
    {Type::kSecret, "secret", "envoy.extensions.transport_sockets.tls.v3.Secret"},
    {Type::kListener, "listener", "envoy.config.listener.v3.Listener"},
    {Type::kRoute, "route", "envoy.config.route.v3.RouteConfiguration"},
    {Type::kHost, "host", "envoy.config.route.v3.VirtualHost"},
}};

std::optional<Type> type_of(std::string_view url) {
  if (!url.starts_with(kPrefix)) return std::nullopt;
  auto found = std::ranges::find(kNamed, url.substr(kPrefix.size()), &Named::message);
  return found == kNamed.end() ? std::nullopt : std::optional(found->type);
}

/// The names of endpoints that a Cluster asks for: by eds_cluster_config.service_name, or its own.
std::vector<std::string> endpoints_of(pbf_reader cluster) {
  std::string name, service;
  uint32_t kind = 0;
  while (cluster.next()) {
    if (cluster.tag() == 1) {
      name = cluster.get_string();
    } else if (cluster.tag() == 2) {
      kind = cluster.get_uint32();
    } else if (cluster.tag() == 3) {
      pbf_reader eds = cluster.get_message();
      while (eds.next(2)) service = eds.get_string();
    } else {
      cluster.skip();
    }
  }
  if (kind != kEds) return {};
  return {service.empty() ? name : service};
}

/// HttpConnectionManager.rds.route_config_name.
void routes_of_manager(pbf_reader manager, std::vector<std::string>& names) {
  while (manager.next(3)) {
    pbf_reader rds = manager.get_message();
    while (rds.next(2)) names.push_back(rds.get_string());
  }
}

void routes_of_chain(pbf_reader chain, std::vector<std::string>& names) {
  while (chain.next(3)) {
    pbf_reader filter = chain.get_message();
    while (filter.next(4)) {
      pbf_reader any = filter.get_message();
      bool manager = false;
      while (any.next()) {
        if (any.tag() == 1)
          manager = any.get_string() == kManager;
        else if (any.tag() == 2 && manager)
          routes_of_manager(any.get_message(), names);
        else
          any.skip();
      }
    }
  }
}

/// The names of routes that the filter chains of a Listener ask for.
std::vector<std::string> routes_of(pbf_reader listener) {
  constexpr int kFilterChains = 3, kDefaultFilterChain = 25;
  std::vector<std::string> names;
  while (listener.next()) {
    if (listener.tag() == kFilterChains || listener.tag() == kDefaultFilterChain)
      routes_of_chain(listener.get_message(), names);
    else
      listener.skip();
  }
  return names;
}

/// Whether a RouteConfiguration has its hosts asked for: RouteConfiguration.vhds.
std::vector<std::string> hosts_of(pbf_reader routes) {
  constexpr int kVhds = 9;
  if (!routes.next(kVhds)) return {};
  return {"hosts"};
}

/// envoy.service.discovery.v3.Resource.
Resource read_resource(Type type, pbf_reader reader) {
  Resource resource;
  while (reader.next()) {
    if (reader.tag() == 1) {
      resource.version = reader.get_string();
    } else if (reader.tag() == 3) {
      resource.name = reader.get_string();
    } else if (reader.tag() == 2) {
      pbf_reader any = reader.get_message();
      while (any.next(2)) {
        if (type == Type::kCluster)
          resource.needs = endpoints_of(any.get_message());
        else if (type == Type::kListener)
          resource.needs = routes_of(any.get_message());
        else if (type == Type::kRoute)
          resource.needs = hosts_of(any.get_message());
        else
          any.skip();
      }
    } else {
      reader.skip();
    }
  }
  return resource;
}

Response read(std::string_view bytes, Type type) {
  Response response{.type = type};
  pbf_reader reader(bytes.data(), bytes.size());
  while (reader.next()) {
    switch (reader.tag()) {
      case 2:
        response.resources.push_back(read_resource(type, reader.get_message()));
        break;
      case 5:
        response.nonce = reader.get_string();
        break;
      case 6:
        response.removed.push_back(reader.get_string());
        break;
      default:
        reader.skip();
    }
  }
  return response;
}

void add(pbf_writer& writer, protozero::pbf_tag_type field, std::string_view text) {
  writer.add_bytes(field, text.data(), text.size());
}

}  // namespace

std::string_view name_of(Type type) {
  return kNamed[static_cast<size_t>(type)].name;
}

std::optional<Response> read_response(std::string_view bytes) {
  try {
    // The type stands behind the resources, which are read by it.
    std::optional<Type> type;
    pbf_reader reader(bytes.data(), bytes.size());
    while (reader.next(4)) type = type_of(reader.get_string());
    if (!type) return std::nullopt;
    return read(bytes, *type);
  } catch (const protozero::exception&) {
    return std::nullopt;
  }
}

std::string write_request(const Request& request) {
  std::string bytes;
  pbf_writer writer(bytes);
  if (!request.node.empty()) add(writer, 1, request.node);
  writer.add_string(2,
                    std::string(kPrefix).append(kNamed[static_cast<size_t>(request.type)].message));
  for (const std::string& name : request.subscribe) add(writer, 3, name);
  for (const std::string& name : request.unsubscribe) add(writer, 4, name);
  for (const auto& [name, version] : request.known) {
    pbf_writer entry(writer, 5);
    add(entry, 1, name);
    add(entry, 2, version);
  }
  if (!request.nonce.empty()) add(writer, 6, request.nonce);
  if (!request.refusal.empty()) {
    constexpr int kInternal = 13;  // as Envoy says it
    pbf_writer status(writer, 7);
    status.add_int32(1, kInternal);
    add(status, 2, request.refusal);
  }
  return bytes;
}

std::string node_filler(size_t bytes) {
  std::string filler;
  pbf_writer node(filler);
  add(node, 6, "envoy");
  {
    pbf_writer build(node, 8);
    pbf_writer version(build, 1);
    version.add_uint32(1, 1);
    version.add_uint32(2, 40);
  }
  for (int i = 0; filler.size() < bytes; ++i) {
    pbf_writer extension(node, 9);
    add(extension, 1, fmt::format("envoy.filters.http.simulated_extension_{}", i));
    add(extension, 2, "envoy.filters.http");
    add(extension, 6, "envoy.extensions.filters.http.simulated.v3.Simulated");
  }
  return filler;
}

std::string node_message(std::string_view id, std::string_view filler) {
  std::string bytes;
  bytes.reserve(2 * id.size() + filler.size() + 8);
  pbf_writer node(bytes);
  add(node, 1, id);
  add(node, 2, id.substr(id.find('.') + 1));
  bytes.append(filler);
  return bytes;
}

}  // namespace clew::bench
