#include "mesh/xds/whole_routes.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>
#include <set>
#include <string>
#include <utility>

#include "mesh/envoy_api/envoy_api.h"

namespace clew::mesh::xds {
namespace {

// Of envoy.config.route.v3.RouteConfiguration.
constexpr protozero::pbf_tag_type kVirtualHosts = 2, kVhds = 9;

/// The message without saying where its hosts are to be asked for; nothing if it does not say so.
std::optional<std::string> without_vhds(std::string_view message) {
  std::string rest;
  bool found = false;
  protozero::pbf_reader reader(message.data(), message.size());
  for (size_t at = 0; reader.next(); at = message.size() - reader.length()) {
    bool vhds = reader.tag() == kVhds;  // a reader that has skipped a field may forget which
    reader.skip();
    if (vhds)
      found = true;
    else
      rest += message.substr(at, message.size() - reader.length() - at);
  }
  return found ? std::optional(std::move(rest)) : std::nullopt;
}

XdsResourcePtr whole(const XdsResourcePtr& routes, const Snapshot::List& hosts) {
  auto message = without_vhds(routes->message());
  if (!message) return routes;
  auto of_routes = routes->origin();
  std::set<std::string> origins(of_routes.begin(), of_routes.end());
  protozero::pbf_writer writer(*message);
  std::string prefix = routes->name() + "/";
  for (const XdsResourcePtr& host : hosts) {
    if (!host->name().starts_with(prefix)) continue;
    writer.add_message(kVirtualHosts, host->message());
    std::ranges::copy(host->origin(), std::inserter(origins, origins.end()));
  }
  return XdsResource::of_message(envoy_api::kRoute, routes->name(), *message,
                                 {origins.begin(), origins.end()});
}

}  // namespace

SnapshotPtr with_whole_routes(const SnapshotPtr& snapshot) {
  const Snapshot::List& hosts = snapshot->of(envoy_api::kHost);
  if (hosts.empty()) return snapshot;
  auto resources = snapshot->all();
  for (XdsResourcePtr& routes : resources[std::string(envoy_api::kRoute)])
    routes = whole(routes, hosts);
  resources.erase(std::string(envoy_api::kHost));
  return std::make_shared<Snapshot>(snapshot->revision(), std::move(resources));
}

}  // namespace clew::mesh::xds
