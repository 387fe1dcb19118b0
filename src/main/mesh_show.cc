// `clew mesh get`, `history`, `proxies`, `inspect`, `authority`: what there is.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/time_text.h"
#include "main/mesh_command.h"
#include "main/text_table.h"
#include "mesh/resource/parse.h"

namespace clew {
namespace {

using Json = nlohmann::json;

std::string time_of(const Json& unix_nano) {
  return second_text(unix_nano.is_number() ? unix_nano.get<UnixNanos>() : 0);
}

/// Every item of a paged list.
Result<Json> all_items(const MeshClient& mesh, const std::string& path) {
  Json items = Json::array();
  std::string next = path + "?size=1000";
  while (!next.empty()) {
    auto page = mesh.call("GET", next);
    if (!page) return page;
    for (Json& item : (*page)["items"]) items.push_back(std::move(item));
    next = (*page)["next"].is_string() ? (*page)["next"].get<std::string>() : "";
  }
  return items;
}

class Get final : public MeshCommands::Command {
 public:
  explicit Get(CLI::App& mesh) : Command(mesh, "get", "Print resources as YAML") {
    app_->add_option("KIND", kind_, "As MeshTrace or meshtraces")->required();
    app_->add_option("NAME", name_, "All of them without it");
    app_->add_option("--mesh", mesh_, "They are of")->capture_default_str();
    app_->add_flag("--json", json_, "JSON instead");
  }

  Result<void> run(const MeshClient& mesh) override {
    auto path = mesh_path_of(kind_, mesh_, name_);
    if (!path) return std::unexpected(path.error());
    Json items = Json::array();
    if (name_.empty()) {
      auto all = all_items(mesh, *path);
      if (!all) return std::unexpected(all.error());
      items = *std::move(all);
    } else {
      auto one = mesh.call("GET", *path);
      if (!one) return std::unexpected(one.error());
      items.push_back(*std::move(one));
    }
    if (json_) {
      fmt::print("{}\n", (name_.empty() ? items : items[0]).dump(2));
      return {};
    }
    auto parsed = mesh::parse_resources(items.dump(), "answer");
    if (!parsed) return std::unexpected(parsed.error());
    for (size_t i = 0; i < parsed->size(); ++i)
      fmt::print("{}{}", i == 0 ? "" : "---\n", mesh::yaml_of((*parsed)[i]));
    return {};
  }

 private:
  std::string kind_, name_, mesh_ = "default";
  bool json_ = false;
};

class History final : public MeshCommands::Command {
 public:
  explicit History(CLI::App& mesh)
      : Command(mesh, "history", "Who changed what and when, the newest first") {
    app_->add_option("KIND", kind_, "Of one resource only");
    app_->add_option("NAME", name_);
    app_->add_option("--mesh", mesh_, "It is of; empty for what is above meshes")
        ->capture_default_str();
    app_->add_option("--limit", limit_, "Versions")->capture_default_str();
    app_->add_flag("--json", json_, "With the resources themselves");
  }

  Result<void> run(const MeshClient& mesh) override {
    std::string path = fmt::format("/history?limit={}", limit_);
    if (!kind_.empty())
      path += fmt::format("&type={}&mesh={}&name={}", query_encoded(kind_), query_encoded(mesh_),
                          query_encoded(name_));
    auto answer = mesh.call("GET", path);
    if (!answer) return std::unexpected(answer.error());
    if (json_) {
      fmt::print("{}\n", (*answer)["items"].dump(2));
      return {};
    }
    std::vector<std::vector<std::string>> rows = {
        {"REVISION", "TIME (UTC)", "WHO", "DID", "WHAT", "MESH"}};
    for (const Json& each : (*answer)["items"])
      rows.push_back({each["revision"].dump(), time_of(each["time_unix_nano"]),
                      each.value("author", ""), each.value("action", ""),
                      each.value("type", "") + " " + each.value("name", ""),
                      each.value("mesh", "")});
    print_table(rows);
    return {};
  }

 private:
  std::string kind_, name_, mesh_ = "default";
  int limit_ = 50;
  bool json_ = false;
};

void print_refusals(const Json& proxy) {
  for (const Json& refusal : proxy["refusals"]) {
    std::string from;
    for (const Json& each : refusal["from"])
      from += (from.empty() ? "" : ", ") + each.get<std::string>();
    fmt::print("  refused {} {} (from {}): {}\n", refusal.value("type", ""),
               refusal.value("name", ""), from, refusal.value("text", ""));
  }
  if (proxy.contains("problem")) fmt::print("  problem: {}\n", proxy["problem"].get<std::string>());
}

class Proxies final : public MeshCommands::Command {
 public:
  explicit Proxies(CLI::App& mesh) : Command(mesh, "proxies", "What the proxies are and do") {
    app_->add_option("--mesh", mesh_, "Of this one only");
    app_->add_flag("--json", json_, "As the REST API says it");
  }

  Result<void> run(const MeshClient& mesh) override {
    auto answer = mesh.call("GET", "/proxies?mesh=" + query_encoded(mesh_));
    if (!answer) return std::unexpected(answer.error());
    const Json& items = (*answer)["items"];
    if (json_) {
      fmt::print("{}\n", items.dump(2));
      return {};
    }
    std::vector<std::vector<std::string>> rows = {
        {"MESH", "NAME", "KIND", "SERVICE", "PLACE", "STATUS", "ENVOY"}};
    for (const Json& each : items)
      rows.push_back({each.value("mesh", ""), each.value("name", ""), each.value("kind", ""),
                      each.value("service", ""), each.value("place", ""), each.value("status", ""),
                      each.value("envoy", "")});
    print_table(rows);
    for (const Json& each : items) print_refusals(each);
    return {};
  }

 private:
  std::string mesh_;
  bool json_ = false;
};

class Inspect final : public MeshCommands::Command {
 public:
  explicit Inspect(CLI::App& mesh)
      : Command(mesh, "inspect", "What one proxy has, what it made of it, and why it has it") {
    app_->add_option("NAME", words_, "Of its Dataplane, also as `proxy NAME`")
        ->expected(1, 2)
        ->required()
        ->option_text("[proxy] NAME");
    app_->add_option("--mesh", mesh_, "It is of")->capture_default_str();
    app_->add_flag("--config", config_, "Its Envoy resources as JSON");
  }

  Result<void> run(const MeshClient& mesh) override {
    if (words_.size() == 2 && words_[0] != "proxy")
      return fail(Code::kInvalid, "{}: only proxies can be inspected", words_[0]);
    const std::string& name = words_.back();
    std::string path = fmt::format("/meshes/{}/dataplanes/{}", mesh_, query_encoded(name));
    auto answer = mesh.call("GET", path + (config_ ? "/_config" : "/_overview"));
    if (!answer) return std::unexpected(answer.error());
    if (config_) {
      fmt::print("{}\n", answer->dump(2));
      return {};
    }
    fmt::print("{} {} of {} in {}: {}\n", answer->value("kind", ""), name,
               answer->value("service", ""), answer->value("place", ""),
               answer->value("status", ""));
    print_refusals(*answer);
    if (const Json certificate = answer->value("certificate", Json()); certificate.is_object())
      fmt::print("certificate of {} until {} UTC, serial {}\n", certificate.value("identity", ""),
                 time_of(certificate["not_after_unix_nano"]), certificate.value("serial", ""));
    std::vector<std::vector<std::string>> rows = {{"TYPE", "RESOURCE", "VERSION", "STATE", "FROM"}};
    for (const Json& type : answer->value("types", Json::array()))
      for (const Json& each : type["resources"]) rows.push_back(row_of(type, each));
    if (rows.size() > 1) print_table(rows);
    print_answers(answer->value("types", Json::array()));
    return {};
  }

 private:
  /// When it last accepted and refused what it was sent, by type.
  static void print_answers(const Json& types) {
    auto time_in = [](const Json& type, const char* key) {
      return type.contains(key) ? time_of(type[key]) : "never";
    };
    std::vector<std::vector<std::string>> rows = {{"TYPE", "LAST ACK (UTC)", "LAST NACK (UTC)"}};
    for (const Json& type : types)
      rows.push_back({type.value("type", ""), time_in(type, "accepted_unix_nano"),
                      time_in(type, "refused_unix_nano")});
    if (rows.size() > 1) print_table(rows);
  }

  static std::vector<std::string> row_of(const Json& type, const Json& resource) {
    std::string sent = resource.value("sent", ""), from;
    bool accepted = sent == resource.value("accepted", "");
    bool refused = !resource.value("refusal", "").empty();
    for (const Json& each : resource["from"])
      from += (from.empty() ? "" : ", ") + each.get<std::string>();
    return {type.value("type", ""), resource.value("name", ""), sent.substr(0, 12),
            refused    ? "refused"
            : accepted ? "in force"
                       : "sent",
            from};
  }

  std::vector<std::string> words_;
  std::string mesh_ = "default";
  bool config_ = false;
};

class AuthorityCommand final : public MeshCommands::Command {
 public:
  explicit AuthorityCommand(CLI::App& mesh)
      : Command(mesh, "authority", "Show or replace the authority that signs certificates") {
    app_->add_option("STEP", step_, "show, begin, activate or finish a rotation")
        ->check(CLI::IsMember({"show", "begin", "activate", "finish"}))
        ->capture_default_str();
    app_->add_option("--mesh", mesh_, "It is of")->capture_default_str();
  }

  Result<void> run(const MeshClient& mesh) override {
    std::string path = fmt::format("/meshes/{}/authority", mesh_);
    auto answer = step_ == "show" ? mesh.call("GET", path) : mesh.call("POST", path + "/" + step_);
    if (!answer) return std::unexpected(answer.error());
    std::vector<std::vector<std::string>> rows = {
        {"SIGNS", "UNTIL (UTC)", "FINGERPRINT", "SUBJECT"}};
    for (const Json& each : (*answer)["trusted"])
      rows.push_back({each.value("signs", false) ? "yes" : "no",
                      time_of(each["not_after_unix_nano"]),
                      each.value("fingerprint", "").substr(0, 16), each.value("subject", "")});
    print_table(rows);
    return {};
  }

 private:
  std::string step_ = "show", mesh_ = "default";
};

}  // namespace

std::unique_ptr<MeshCommands::Command> mesh_authority_command(CLI::App& mesh) {
  return std::make_unique<AuthorityCommand>(mesh);
}
std::unique_ptr<MeshCommands::Command> mesh_get_command(CLI::App& mesh) {
  return std::make_unique<Get>(mesh);
}
std::unique_ptr<MeshCommands::Command> mesh_history_command(CLI::App& mesh) {
  return std::make_unique<History>(mesh);
}
std::unique_ptr<MeshCommands::Command> mesh_proxies_command(CLI::App& mesh) {
  return std::make_unique<Proxies>(mesh);
}
std::unique_ptr<MeshCommands::Command> mesh_inspect_command(CLI::App& mesh) {
  return std::make_unique<Inspect>(mesh);
}

}  // namespace clew
