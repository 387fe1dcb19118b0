// `clew mesh describe`: one resource, whom it reaches, and who changed it.
#include <fmt/format.h>

#include "base/time_text.h"
#include "main/mesh_command.h"
#include "main/text_table.h"
#include "mesh/resource/parse.h"

namespace clew {
namespace {

using Json = nlohmann::json;

class Describe final : public MeshCommands::Command {
 public:
  explicit Describe(CLI::App& mesh)
      : Command(mesh, "describe", "One resource, the proxies it reaches, and who changed it") {
    app_->add_option("KIND", kind_, "As MeshTrace or meshtraces")->required();
    app_->add_option("NAME", name_)->required();
    app_->add_option("--mesh", mesh_, "It is of")->capture_default_str();
  }

  Result<void> run(const MeshClient& mesh) override {
    auto path = mesh_path_of(kind_, mesh_, name_);
    if (!path) return std::unexpected(path.error());
    auto resource = mesh.call("GET", *path);
    if (!resource) return std::unexpected(resource.error());
    auto parsed = mesh::parse_resources(Json::array({*resource}).dump(), "answer");
    if (!parsed) return std::unexpected(parsed.error());
    fmt::print("{}", mesh::yaml_of(parsed->front()));
    const mesh::ResourceKey& key = parsed->front().key;
    if (!key.mesh.empty())
      if (auto shown = show_reach(mesh, *path); !shown) return shown;
    return show_history(mesh, key);
  }

 private:
  static Result<void> show_reach(const MeshClient& mesh, const std::string& path) {
    auto reached = mesh.call("GET", path + "/_resources/dataplanes");
    if (!reached) return std::unexpected(reached.error());
    constexpr size_t kShown = 20;
    const Json& items = (*reached)["items"];
    fmt::print("\nreaches {} {}\n", items.size(), items.size() == 1 ? "proxy" : "proxies");
    for (size_t i = 0; i < items.size() && i < kShown; ++i)
      fmt::print("  {}\n", items[i].value("name", ""));
    if (items.size() > kShown) fmt::print("  and {} more\n", items.size() - kShown);
    return {};
  }

  static Result<void> show_history(const MeshClient& mesh, const mesh::ResourceKey& key) {
    auto history = mesh.call(
        "GET", fmt::format("/history?limit=5&type={}&mesh={}&name={}", query_encoded(key.kind),
                           query_encoded(key.mesh), query_encoded(key.name)));
    if (!history) return std::unexpected(history.error());
    std::vector<std::vector<std::string>> rows = {{"REVISION", "TIME (UTC)", "WHO", "DID"}};
    for (const Json& each : (*history)["items"])
      rows.push_back({each["revision"].dump(), second_text(each.value("time_unix_nano", 0UL)),
                      each.value("author", ""), each.value("action", "")});
    fmt::print("\n");
    print_table(rows);
    return {};
  }

  std::string kind_, name_, mesh_ = "default";
};

}  // namespace

std::unique_ptr<MeshCommands::Command> mesh_describe_command(CLI::App& mesh) {
  return std::make_unique<Describe>(mesh);
}

}  // namespace clew
