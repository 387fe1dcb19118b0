#include "main/mesh_commands.h"

#include <fmt/format.h>

#include "base/log.h"
#include "main/mesh_command.h"

namespace clew {

MeshCommands::Command::Command(CLI::App& mesh, const char* name, const char* help)
    : app_(mesh.add_subcommand(name, help)) {
  app_->add_option("--address", address_.url, "Of the control plane")
      ->type_name("URL")
      ->envname("CLEW_MESH_ADDRESS")
      ->capture_default_str();
  app_->add_option("--token-file", address_.token_file, "An operator's token")
      ->type_name("FILE")
      ->envname("CLEW_MESH_TOKEN_FILE");
  app_->add_option("--ca-cert-file", address_.ca_file, "Trust this CA (PEM); none: the system's")
      ->type_name("FILE")
      ->envname("CLEW_MESH_CA_CERT_FILE");
}

MeshCommands::MeshCommands(CLI::App& mesh) {
  for (auto make : {mesh_apply_command, mesh_diff_command, mesh_get_command, mesh_describe_command,
                    mesh_delete_command, mesh_history_command, mesh_proxies_command,
                    mesh_inspect_command, mesh_routes_command, mesh_zones_command,
                    mesh_trace_command, mesh_token_command, mesh_proxy_token_command,
                    mesh_zone_token_command, mesh_debug_token_command, mesh_authority_command})
    commands_.push_back(make(mesh));
}

MeshCommands::~MeshCommands() = default;

bool MeshCommands::chosen() const {
  for (const auto& command : commands_)
    if (command->app().parsed()) return true;
  return false;
}

int MeshCommands::execute() {
  for (const auto& command : commands_) {
    if (!command->app().parsed()) continue;
    auto done = log::configure("off");
    if (done) {
      auto client = MeshClient::create(command->address());
      done = client ? command->run(*client) : Result<void>(std::unexpected(client.error()));
    }
    if (done) return 0;
    std::string_view rest = done.error().message;
    while (!rest.empty()) {
      std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      fmt::print(stderr, "clew mesh {}: {}\n", command->app().get_name(), line);
    }
    return 1;
  }
  return 1;
}

}  // namespace clew
