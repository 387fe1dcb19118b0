// What composing a mesh of 5,000 proxies and 1,000 services takes by itself: all of it, and what
// the changes of every day make anew. `ninja -C build/release clew_compose_bench`.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <memory>

#include "mesh/compose/composer.h"
#include "mesh_world.h"

namespace {

using namespace clew::mesh;
using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

}  // namespace

int main() {
  MeshSize size;
  auto resources = bench_mesh(size);
  auto world = std::make_shared<World>(1, resources);
  auto start = Clock::now();
  Composer composer(world, "default");
  fmt::print("catalog and policies {:.1f} ms\n", ms_since(start));
  double took[3] = {};
  int count[3] = {};
  size_t pieces = 0;
  start = Clock::now();
  for (const ResourcePtr& dataplane : world->of("Dataplane", "default")) {
    auto begin = Clock::now();
    auto config = composer.compose(dataplane);
    auto kind = static_cast<size_t>(config.proxy.kind);
    took[kind] += ms_since(begin);
    ++count[kind];
    pieces += config.pieces.size();
  }
  fmt::print("all {:.0f} ms, {} pieces\n", ms_since(start), pieces);
  for (size_t kind = 0; kind < 3; ++kind)
    fmt::print("{}: {} of {:.3f} ms\n", name_of(static_cast<ProxyKind>(kind)), count[kind],
               took[kind] / count[kind]);
}
