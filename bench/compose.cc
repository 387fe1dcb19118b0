// What composing a mesh of 5,000 proxies and 1,000 services takes by itself: all of it, and what
// the changes of every day make anew. `ninja -C build/release clew_compose_bench`.
#include <fmt/format.h>

#include <chrono>
#include <map>
#include <memory>
#include <utility>

#include "mesh/compose/composer.h"
#include "mesh_world.h"

namespace {

using namespace clew::mesh;
using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

std::shared_ptr<const World> with(const World& world, ResourcePtr resource) {
  std::vector<ResourcePtr> all(world.all().begin(), world.all().end());
  all.push_back(std::move(resource));
  return std::make_shared<World>(world.revision() + 1, std::move(all));
}

/// All proxies, by kind.
void compose_all(const World& world, const Composer& composer,
                 std::map<std::string, ProxyConfig>& configs) {
  struct Sum {
    double ms = 0;
    int count = 0;
  };
  std::map<ProxyKind, Sum> sums;
  auto start = Clock::now();
  for (const ResourcePtr& dataplane : world.of("Dataplane", "default")) {
    auto begin = Clock::now();
    auto known = configs.find(dataplane->key.name);
    ProxyConfig config =
        composer.compose(dataplane, known == configs.end() ? nullptr : &known->second).value();
    Sum& sum = sums[config.proxy.kind];
    sum.ms += ms_since(begin);
    ++sum.count;
    configs.insert_or_assign(dataplane->key.name, std::move(config));
  }
  fmt::print("  all {:.0f} ms", ms_since(start));
  for (const auto& [kind, sum] : sums)
    fmt::print(", {}: {} of {:.3f} ms", name_of(kind), sum.count, sum.ms / sum.count);
  fmt::print("\n");
}

/// Every edge prefers the core locations in the order of their names, and one may be down.
RoutingPtr routing_of(const World& world, const Catalog& catalog, const std::string& down) {
  auto routing = std::make_shared<Routing>();
  for (const ResourcePtr& dataplane : world.of("Dataplane", "default")) {
    Proxy proxy = proxy_of(dataplane);
    if (proxy.kind != ProxyKind::kEdge || routing->edges.contains(proxy.place)) continue;
    for (const std::string& zone : catalog.zones_by_cost(proxy.place, proxy.kind))
      routing->edges[proxy.place].push_back({.zone = zone, .down = zone == down});
  }
  return routing;
}

/// What the planner does when edges are to use other core locations: their endpoints are looked at.
void reroute(const std::shared_ptr<const World>& world, Composer& composer,
             std::map<std::string, ProxyConfig>& configs, const RoutingPtr& before,
             const RoutingPtr& after) {
  auto begin = Clock::now();
  MeshChanges changes;
  changes.routed = changes_of(before.get(), *after, "default");
  composer.advance(world, changes, after);
  int looked_at = 0, others = 0;
  for (auto& [name, config] : configs)
    for (Piece& piece : config.of_services) {
      if (piece.type != PieceType::kEndpoints ||
          changes.keep_endpoints(piece.name(), config.proxy.kind, config.proxy.place))
        continue;
      ++looked_at;
      Piece now = composer.endpoints(piece.name(), config.proxy).value();
      others += now.resource != piece.resource ? 1 : 0;
      piece = std::move(now);
    }
  fmt::print("  {:.0f} ms: {} endpoints looked at, {} are others now\n", ms_since(begin), looked_at,
             others);
}

}  // namespace

int main() {
  xds::ResourceCache cache;
  std::map<std::string, ProxyConfig> configs;
  std::shared_ptr<const World> world = std::make_shared<World>(1, bench_mesh({}));
  auto start = Clock::now();
  Composer composer(world, "default", cache);
  fmt::print("from nothing: catalog and policies {:.1f} ms\n", ms_since(start));
  compose_all(*world, composer, configs);
  auto change = [&](const char* what, ResourcePtr resource) {
    auto next = with(*world, std::move(resource));
    auto begin = Clock::now();
    MeshChanges changes = changes_of("default", world.get(), *next);
    composer.advance(next, changes);
    fmt::print("{}: advance {:.1f} ms\n", what, ms_since(begin));
    world = next;
    compose_all(*world, composer, configs);
  };
  change("an endpoint", bench_sidecar({}, 17, 9001));
  change("tracing of one service", bench_toggle(5, 100));
  change("timeouts of all", bench_resource(R"({"type":"MeshTimeout","mesh":"default","name":"t",)"
                                           R"("spec":{"to":[{"targetRef":{"kind":"Mesh"},)"
                                           R"("default":{"connectionTimeout":"1s"}}]}})"));
  Catalog catalog(*world, "default");
  auto all_up = routing_of(*world, catalog, "");
  std::string nearest = all_up->edges.begin()->second.front().zone;
  auto one_down = routing_of(*world, catalog, nearest);
  fmt::print("edges are told what is nearest\n");
  reroute(world, composer, configs, nullptr, all_up);
  fmt::print("a core location is down for all edges\n");
  reroute(world, composer, configs, all_up, one_down);
  fmt::print("{} resources are alive\n", cache.size());
}
