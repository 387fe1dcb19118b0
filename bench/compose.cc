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
  fmt::print("{} resources are alive\n", cache.size());
}
