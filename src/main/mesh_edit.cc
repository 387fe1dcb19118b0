// `clew mesh apply`, `diff`, `delete`, `trace`: what changes a mesh, or shows how it would change.
#include <fmt/format.h>

#include <utility>

#include "main/file_text.h"
#include "main/mesh_command.h"
#include "mesh/compose/catalog.h"

namespace clew {
namespace {

using Json = nlohmann::json;

std::string name_of(const Json& change) {
  std::string mesh = change.value("mesh", "");
  return fmt::format("{} {}{}", change.value("type", ""), change.value("name", ""),
                     mesh.empty() ? "" : " of mesh " + mesh);
}

/// Commands that take files.
class OfFiles : public MeshCommands::Command {
 public:
  OfFiles(CLI::App& mesh, const char* name, const char* help) : Command(mesh, name, help) {
    app_->add_option("-f,--file", files_, "YAML or JSON; -: stdin")->type_name("FILE")->required();
  }

  Result<void> run(const MeshClient& mesh) override {
    for (const std::string& file : files_) {
      auto content = file_text(file);
      if (!content) return std::unexpected(content.error());
      std::string name = file == "-" ? "stdin" : file;
      if (auto done = run(mesh, "?file=" + query_encoded(name), *std::move(content)); !done)
        return done;
    }
    return {};
  }

 protected:
  virtual Result<void> run(const MeshClient& mesh, const std::string& query,
                           std::string content) = 0;

 private:
  std::vector<std::string> files_;
};

class Apply final : public OfFiles {
 public:
  explicit Apply(CLI::App& mesh)
      : OfFiles(mesh, "apply", "Create or replace resources: all of a file, or none") {
    app_->add_flag("--dry-run", dry_run_, "Only say what would be done");
  }

 private:
  Result<void> run(const MeshClient& mesh, const std::string& query, std::string content) override {
    auto answer =
        mesh.call("POST", "/apply" + query + (dry_run_ ? "&dry_run=true" : ""), std::move(content));
    if (!answer) return std::unexpected(answer.error());
    for (const Json& change : answer->value("changes", Json::array()))
      fmt::print("{} {}\n", name_of(change), change.value("change", ""));
    return {};
  }

  bool dry_run_ = false;
};

class Diff final : public OfFiles {
 public:
  explicit Diff(CLI::App& mesh)
      : OfFiles(mesh, "diff", "Show what applying a file would change on which proxies") {
    app_->add_flag("--json", json_, "As the REST API says it");
  }

 private:
  Result<void> run(const MeshClient& mesh, const std::string& query, std::string content) override {
    auto answer = mesh.call("POST", "/diff" + query, std::move(content));
    if (!answer) return std::unexpected(answer.error());
    if (json_) {
      fmt::print("{}\n", answer->dump(2));
      return {};
    }
    const Json& proxies = (*answer)["proxies"];
    if (proxies.empty()) fmt::print("no proxy would get anything else\n");
    for (const Json& proxy : proxies) {
      fmt::print("{} {}\n", proxy.value("kind", ""), name_of_proxy(proxy));
      for (const Json& change : proxy["changes"])
        fmt::print("  {} {} {}{}\n", change.value("change", ""), change.value("type", ""),
                   change.value("name", ""),
                   change.value("drains", false) ? " (its connections drain)" : "");
    }
    for (const auto& [kind, count] : (*answer)["by_kind"].items())
      fmt::print("{} {} proxies change\n", count.get<int>(), kind);
    return {};
  }

  static std::string name_of_proxy(const Json& proxy) {
    return proxy.value("mesh", "") + "." + proxy.value("name", "");
  }

  bool json_ = false;
};

class Delete final : public MeshCommands::Command {
 public:
  explicit Delete(CLI::App& mesh) : Command(mesh, "delete", "Delete a resource") {
    app_->add_option("KIND", kind_, "As MeshTrace or meshtraces")->required();
    app_->add_option("NAME", name_)->required();
    app_->add_option("--mesh", mesh_, "It is of")->capture_default_str();
  }

  Result<void> run(const MeshClient& mesh) override {
    auto path = mesh_path_of(kind_, mesh_, name_);
    if (!path) return std::unexpected(path.error());
    auto answer = mesh.call("DELETE", *path);
    if (!answer) return std::unexpected(answer.error());
    fmt::print("{} {} deleted\n", kind_, name_);
    return {};
  }

 private:
  std::string kind_, name_, mesh_ = "default";
};

/// Tracing of one app in one command: a MeshTrace of its own, which is a change of edges' routes.
/// "shop" is all ports of a MeshService, "shop:8081" one.
class Trace final : public MeshCommands::Command {
 public:
  explicit Trace(CLI::App& mesh)
      : Command(mesh, "trace", "Trace all, some or none of the requests to one service") {
    app_->add_option("SERVICE", service_, "Or one port of a MeshService, as shop:8081")->required();
    app_->add_option("PERCENT", percent_, "0 to 100, or `default` to do as the mesh does")
        ->required();
    app_->add_option("--mesh", mesh_, "It is of")->capture_default_str();
  }

  Result<void> run(const MeshClient& mesh) override {
    std::string name = name_of_trace();
    std::string path = fmt::format("/meshes/{}/meshtraces/{}", mesh_, query_encoded(name));
    if (percent_ == "default") return back_to_default(mesh, path);
    if (auto known = check_service(mesh); !known) return known;
    Json trace = {{"type", "MeshTrace"},
                  {"mesh", mesh_},
                  {"name", name},
                  {"spec",
                   {{"targetRef", target()},
                    {"default", {{"sampling", {{"overall", percent_}, {"random", percent_}}}}}}}};
    auto answer = mesh.call("PUT", path, trace.dump());
    if (!answer) return std::unexpected(answer.error());
    fmt::print("{} % of the requests to {} are traced\n", percent_, service_);
    return {};
  }

 private:
  std::string plain() const { return std::string(mesh::service_of(service_)); }
  /// Empty: of all.
  std::string port() const { return std::string(mesh::section_of(service_)); }

  /// Resources have no colon in their names, and services may have dots: "app." is of ports only.
  std::string name_of_trace() const {
    return port().empty() ? "app-" + service_ : fmt::format("app.{}.{}", plain(), port());
  }

  Json target() const {
    Json target = {{"kind", "MeshService"}, {"name", plain()}};
    if (!port().empty()) target["sectionName"] = port();
    return target;
  }

  /// A MeshTrace may come before its service, but who types a name means one that is there.
  Result<void> check_service(const MeshClient& mesh) const {
    auto found =
        mesh.call("GET", fmt::format("/meshes/{}/services/{}", mesh_, query_encoded(service_)));
    return found ? Result<void>() : std::unexpected(found.error());
  }

  /// Also of a service that has gone, if it left its MeshTrace behind.
  Result<void> back_to_default(const MeshClient& mesh, const std::string& path) const {
    auto answer = mesh.call("DELETE", path);
    if (!answer && answer.error().code != Code::kNotFound) return std::unexpected(answer.error());
    if (!answer)
      if (auto known = check_service(mesh); !known) return known;
    fmt::print("{} is traced as {}\n", service_,
               port().empty() ? "the mesh says" : "the service is");
    return {};
  }

  std::string service_, percent_, mesh_ = "default";
};

}  // namespace

std::unique_ptr<MeshCommands::Command> mesh_apply_command(CLI::App& mesh) {
  return std::make_unique<Apply>(mesh);
}
std::unique_ptr<MeshCommands::Command> mesh_diff_command(CLI::App& mesh) {
  return std::make_unique<Diff>(mesh);
}
std::unique_ptr<MeshCommands::Command> mesh_delete_command(CLI::App& mesh) {
  return std::make_unique<Delete>(mesh);
}
std::unique_ptr<MeshCommands::Command> mesh_trace_command(CLI::App& mesh) {
  return std::make_unique<Trace>(mesh);
}

}  // namespace clew
