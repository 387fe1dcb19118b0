#include "mesh/control/nearest_memory.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace clew::mesh {
namespace {

using Json = nlohmann::json;

Memory memory_of(const Json& state) {
  Memory memory;
  for (const auto& [edge, zones] : state.at("edges").items())
    for (const Json& zone : zones)
      memory.edges[edge].push_back({.name = zone.at("zone"),
                                    .cost = {zone.at("cost_ms"), zone.at("measured")},
                                    .down = zone.at("down")});
  for (const Json& each : state.at("shares"))
    memory.shares[{each.at("edge"), each.at("mesh"), each.at("service")}] =
        each.at("percent").get<std::map<std::string, int>>();
  return memory;
}

}  // namespace

Result<Memory> read_memory(const identity::StateFile& file) {
  auto state = file.read();
  if (!state) return std::unexpected(state.error());
  if (!*state) return Memory{};
  try {
    return memory_of(**state);
  } catch (const Json::exception& problem) {
    return fail(Code::kMalformed, "{}: {}", file.path(), problem.what());
  }
}

Result<void> write_memory(const identity::StateFile& file, const Memory& memory) {
  Json edges = Json::object(), shares = Json::array();
  for (const auto& [edge, zones] : memory.edges)
    for (const Memory::Zone& zone : zones)
      edges[edge].push_back({{"zone", zone.name},
                             {"cost_ms", zone.cost.milliseconds},
                             {"measured", zone.cost.measured},
                             {"down", zone.down}});
  for (const auto& [at, percent] : memory.shares)
    shares.push_back(
        {{"edge", at.edge}, {"mesh", at.mesh}, {"service", at.service}, {"percent", percent}});
  return file.write({{"edges", std::move(edges)}, {"shares", std::move(shares)}});
}

}  // namespace clew::mesh
