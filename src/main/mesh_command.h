// One subcommand of `clew mesh`. Inside of mesh_commands.cc and the files of its commands.
#pragma once

#include <string>

#include "main/mesh_client.h"
#include "main/mesh_commands.h"

namespace clew {

class MeshCommands::Command {
 public:
  virtual ~Command() = default;
  /// Does it; what it has to say goes to stdout.
  virtual Result<void> run(const MeshClient& mesh) = 0;

  CLI::App& app() { return *app_; }
  const MeshAddress& address() const { return address_; }

 protected:
  Command(CLI::App& mesh, const char* name, const char* help);

  CLI::App* app_;

 private:
  MeshAddress address_;
};

// Each adds its subcommand to `clew mesh`.
std::unique_ptr<MeshCommands::Command> mesh_apply_command(CLI::App& mesh);
std::unique_ptr<MeshCommands::Command> mesh_diff_command(CLI::App& mesh);
std::unique_ptr<MeshCommands::Command> mesh_get_command(CLI::App& mesh);
std::unique_ptr<MeshCommands::Command> mesh_describe_command(CLI::App& mesh);
std::unique_ptr<MeshCommands::Command> mesh_delete_command(CLI::App& mesh);
std::unique_ptr<MeshCommands::Command> mesh_history_command(CLI::App& mesh);
std::unique_ptr<MeshCommands::Command> mesh_proxies_command(CLI::App& mesh);
std::unique_ptr<MeshCommands::Command> mesh_inspect_command(CLI::App& mesh);
std::unique_ptr<MeshCommands::Command> mesh_routes_command(CLI::App& mesh);
std::unique_ptr<MeshCommands::Command> mesh_zones_command(CLI::App& mesh);
std::unique_ptr<MeshCommands::Command> mesh_trace_command(CLI::App& mesh);
std::unique_ptr<MeshCommands::Command> mesh_token_command(CLI::App& mesh);
std::unique_ptr<MeshCommands::Command> mesh_proxy_token_command(CLI::App& mesh);
std::unique_ptr<MeshCommands::Command> mesh_zone_token_command(CLI::App& mesh);
std::unique_ptr<MeshCommands::Command> mesh_debug_token_command(CLI::App& mesh);
std::unique_ptr<MeshCommands::Command> mesh_authority_command(CLI::App& mesh);

}  // namespace clew
