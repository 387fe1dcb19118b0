// The command line: `clew ROLE [--config FILE] [flags]`.
#include <CLI/CLI.hpp>

#include <sys/resource.h>

#include <cstdlib>
#include <map>

#include "base/log.h"
#include "main/agent_commands.h"
#include "main/config_file.h"
#include "main/convert_command.h"
#include "main/load_command.h"
#include "main/mesh_commands.h"
#include "main/mesh_config.h"
#include "main/proxy_commands.h"
#include "main/roles.h"
#include "main/signals.h"
#include "main/store_commands.h"
#include "main/trace_commands.h"
#include "main/version.h"

namespace clew {
namespace {

constexpr char kFooter[] =
    "Every flag can also be set in the YAML file (--config, see docs/configuration.md) or as an\n"
    "environment variable: --otlp-grpc is CLEW_OTLP_GRPC. A flag wins over the variable, that "
    "over\n"
    "the file.";

int report(const std::string& command, const Error& error) {
  // One prefix a line: several problems of one file are told at once.
  std::string_view rest = error.message;
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    fmt::print(stderr, "clew {}: {}\n", command, line);
  }
  return 1;
}

/// One role on the command line: its flags, and what to do when it is chosen.
template <typename Config>
class RoleCommand {
 public:
  using Run = Result<void> (*)(const Config&);

  RoleCommand(CLI::App& app, const std::string& name, const std::string& description, Run run)
      : name_(app.get_parent() ? app.get_name() + " " + name : name), run_(run) {
    command_ = app.add_subcommand(name, description);
    command_->footer(kFooter);
    command_->add_option("--config", config_file_, "YAML configuration file")->type_name("FILE");
    Config defaults;
    for (const Setting& setting : settings_of(defaults)) {
      if (setting.flag.empty()) continue;
      auto* option = command_->add_option(setting.flag, flags_[setting.flag], setting.help);
      option->type_name(setting.value_name)->default_str(setting.default_text);
    }
  }

  bool chosen() const { return command_->parsed(); }
  CLI::App& app() { return *command_; }

  int execute() {
    Config config;
    if constexpr (requires { config.read_again; }) {
      config.file = file();
      config.read_again = [this](Config& fresh) { return configure(fresh); };
    }
    auto done = in_order([&] { return configure(config); },
                         [&] { return log::configure(config.common.log_level); },
                         [&] { return run_(config); });
    return done ? 0 : report(name_, done.error());
  }

 private:
  std::string file() const {
    const char* from_environment = std::getenv("CLEW_CONFIG");
    return config_file_.empty() && from_environment ? from_environment : config_file_;
  }

  Result<void> configure(Config& config) const {
    Settings settings = settings_of(config);
    if (!file().empty())
      if (auto read = apply_config_file(file(), settings); !read) return read;
    for (const Setting& setting : settings) {
      if (setting.flag.empty()) continue;
      const char* variable = std::getenv(setting.variable().c_str());
      if (command_->count(setting.flag) != 0) {
        if (auto set = apply(setting, setting.flag, flags_.at(setting.flag)); !set) return set;
      } else if (variable) {
        if (auto set = apply(setting, setting.variable(), variable); !set) return set;
      }
    }
    return validate(config);
  }

  static Result<void> apply(const Setting& setting, const std::string& source,
                            const std::string& text) {
    auto set = setting.set(text);
    if (!set) return fail(Code::kInvalid, "{}: {}", source, set.error().message);
    return set;
  }

  std::string name_;
  Run run_;
  CLI::App* command_;
  std::string config_file_;
  std::map<std::string, std::string> flags_;
};

/// Reads `file` as the configuration of `Config`'s role.
template <typename Config>
Result<void> check_config(const std::string& file) {
  Config config;
  return in_order([&] { return apply_config_file(file, settings_of(config)); },
                  [&] { return validate(config); });
}

int check(const std::string& role, const std::string& file) {
  auto checked = role == "agent"  ? check_config<AgentConfig>(file)
                 : role == "mesh" ? check_config<MeshConfig>(file)
                                  : check_config<StoreConfig>(file);
  if (!checked) return report("config check", checked.error());
  fmt::print("{}: a valid configuration of clew {}\n", file, role);
  return 0;
}

/// Every open block and every connection holds a file descriptor; the usual soft limit of 1024 is
/// soon reached. A system that does not let us raise it says so when files cannot be opened.
void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int run(int argc, char** argv) {
  CLI::App app("Clew follows a request through the mesh, keeps what matters of it, and shows it.",
               "clew");
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("clew ") + kVersion);
  app.get_formatter()->column_width(40);

  RoleCommand<StoreConfig> all_in_one(
      app, "all-in-one", "Receive, store, query and show spans in one process", run_store);
  RoleCommand<AgentConfig> agent(
      app, "agent", "Receive spans on a server and hand them on to a store", run_agent);
  AgentCommands agent_commands(agent.app());
  RoleCommand<StoreConfig> store(app, "store", "Store spans and answer queries", run_store);
  StoreCommands store_commands(store.app());
  CLI::App* mesh = app.add_subcommand("mesh", "Configure the Envoys of a mesh");
  mesh->require_subcommand(1);
  RoleCommand<MeshConfig> mesh_run(*mesh, "run", "Be the control plane", run_mesh);
  MeshCommands mesh_commands(*mesh);
  ProxyCommands proxy(app);
  TraceCommands trace(app);
  ConvertCommand convert(agent.app());
  LoadCommand load(app);
  CLI::App* version = app.add_subcommand("version", "Print the version");

  CLI::App* config = app.add_subcommand("config", "Work with configuration files");
  config->require_subcommand(1);
  CLI::App* config_check = config->add_subcommand("check", "Check a YAML file without starting");
  std::string checked_role = "all-in-one", checked_file;
  config_check->add_option("FILE", checked_file, "The file")->required();
  config_check->add_option("--role", checked_role, "The role it is for")
      ->check(CLI::IsMember({"all-in-one", "agent", "store", "mesh"}))
      ->capture_default_str();

  CLI11_PARSE(app, argc, argv);
  if (convert.chosen()) return convert.execute();
  if (all_in_one.chosen()) return all_in_one.execute();
  if (agent_commands.chosen()) return agent_commands.execute();
  if (agent.chosen()) return agent.execute();
  if (store_commands.chosen()) return store_commands.execute();
  if (store.chosen()) return store.execute();
  if (mesh_run.chosen()) return mesh_run.execute();
  if (mesh_commands.chosen()) return mesh_commands.execute();
  if (proxy.chosen()) return proxy.execute();
  if (trace.chosen()) return trace.execute();
  if (load.chosen()) return load.execute();
  if (version->parsed()) fmt::print("clew {}\n", kVersion);
  if (config_check->parsed()) return check(checked_role, checked_file);
  return 0;
}

}  // namespace clew

int main(int argc, char** argv) {
  clew::prepare_signals();
  clew::raise_file_limit();
  return clew::run(argc, argv);
}
