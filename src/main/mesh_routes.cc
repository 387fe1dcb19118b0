// `clew mesh routes` and `clew mesh zones`: where edges send requests, and why there.
#include <fmt/format.h>

#include <cmath>
#include <set>
#include <utility>

#include "main/mesh_command.h"
#include "main/text_table.h"

namespace clew {
namespace {

using Json = nlohmann::json;

std::string milliseconds(const Json& value) {
  return value.is_number() ? fmt::format("{:.1f} ms", value.get<double>()) : "-";
}

std::string percent(const Json& ratio) {
  return fmt::format("{:.1f} %", ratio.get<double>() * 100);
}

std::string rate(const Json& value) {
  return value.is_number() ? fmt::format("{:.1f}/s", value.get<double>()) : "-";
}

class Routes final : public MeshCommands::Command {
 public:
  explicit Routes(CLI::App& mesh)
      : Command(mesh, "routes",
                "In which order an edge uses core locations for a service, and why") {
    app_->add_option("EDGE", edge_, "As `clew mesh zones` names it")->required();
    app_->add_option("SERVICE", service_)->required();
    app_->add_option("--mesh", mesh_, "The service is of")->capture_default_str();
    app_->add_flag("--json", json_, "JSON instead");
  }

  Result<void> run(const MeshClient& mesh) override {
    auto answer = mesh.call("GET", fmt::format("/edges/{}/routes/{}?mesh={}", query_encoded(edge_),
                                               query_encoded(service_), query_encoded(mesh_)));
    if (!answer) return std::unexpected(answer.error());
    if (json_) {
      fmt::print("{}\n", answer->dump(2));
      return {};
    }
    const Json& zones = (*answer)["zones"];
    if (zones.empty()) {
      fmt::print("{} runs in no core location that {} can reach: requests get a 503\n", service_,
                 edge_);
      return {};
    }
    std::vector<std::vector<std::string>> rows = {{"", "ZONE", "SHARE", "COST", "ROUND TRIP",
                                                   "LOSS", "INSTANCES", "CAPACITY", "REQUESTS",
                                                   "HEALTH", "REASON", "WHY"}};
    for (const Json& zone : zones)
      rows.push_back({std::to_string(rows.size()), zone.value("zone", ""),
                      fmt::format("{} %", zone.value("share", 0)), milliseconds(zone["cost_ms"]),
                      milliseconds(zone["round_trip_ms"]), percent(zone["loss"]),
                      zone["instances"].dump(), rate(zone["capacity"]),
                      rate(zone["requests_per_second"]), zone.value("health", ""),
                      zone.value("reason", ""), zone.value("why", "")});
    print_table(rows);
    return {};
  }

 private:
  std::string edge_, service_, mesh_ = "default";
  bool json_ = false;
};

class Zones final : public MeshCommands::Command {
 public:
  explicit Zones(CLI::App& mesh)
      : Command(mesh, "zones",
                "Round trip, loss, requests and errors from every edge to every zone") {
    app_->add_flag("--json", json_, "JSON instead");
  }

  Result<void> run(const MeshClient& mesh) override {
    auto answer = mesh.call("GET", "/zone-matrix");
    if (!answer) return std::unexpected(answer.error());
    if (json_) {
      fmt::print("{}\n", answer->dump(2));
      return {};
    }
    std::set<std::string> zones;
    for (const Json& edge : (*answer)["items"])
      for (const Json& zone : edge["zones"]) zones.insert(zone.value("zone", ""));
    std::vector<std::vector<std::string>> rows = {{"EDGE"}};
    rows[0].insert(rows[0].end(), zones.begin(), zones.end());
    for (const Json& edge : (*answer)["items"]) {
      rows.push_back({edge.value("edge", "")});
      for (const std::string& name : zones) rows.back().push_back(cell(edge["zones"], name));
    }
    print_table(rows);
    if (rows.size() == 1) fmt::print("there is no edge yet: apply a Dataplane of type EDGE\n");
    return {};
  }

 private:
  /// "8.1 ms, 12.0/s", and what is not as it should be.
  static std::string cell(const Json& zones, const std::string& name) {
    for (const Json& zone : zones) {
      if (zone.value("zone", "") != name) continue;
      bool measured = zone["round_trip_ms"].is_number();
      std::string text =
          measured ? milliseconds(zone["round_trip_ms"]) : "~" + milliseconds(zone["cost_ms"]);
      text += ", " + rate(zone["requests_per_second"]);
      if (double errors = zone.value("errors_per_second", 0.0); errors >= 0.05)
        text += fmt::format(", {:.1f} errors/s", errors);
      if (double loss = zone.value("loss", 0.0); loss >= 0.005) text += ", loss " + percent(loss);
      if (std::string health = zone.value("health", ""); health != "up") text += ", " + health;
      return text;
    }
    return "-";
  }

  bool json_ = false;
};

}  // namespace

std::unique_ptr<MeshCommands::Command> mesh_routes_command(CLI::App& mesh) {
  return std::make_unique<Routes>(mesh);
}
std::unique_ptr<MeshCommands::Command> mesh_zones_command(CLI::App& mesh) {
  return std::make_unique<Zones>(mesh);
}

}  // namespace clew
