// One subcommand of `clew store`. Inside of store_commands.cc and the files of its commands.
#pragma once

#include "main/store_commands.h"

namespace clew {

class StoreCommands::Command {
 public:
  virtual ~Command() = default;

  /// Runs it on the store in `data`; the exit code. Errors are told by the caller.
  virtual Result<int> run(const std::string& data) = 0;

  CLI::App& app() { return *app_; }
  std::string data;  // of its own --data

 protected:
  explicit Command(CLI::App* app) : app_(app) {
    app_->add_option("--data", data, "Directory of the store (also CLEW_DATA)")
        ->type_name("DIR")
        ->envname("CLEW_DATA")
        ->default_str("clew-data");
  }

 private:
  CLI::App* app_;
};

// Each adds its subcommand to `clew store`.
std::unique_ptr<StoreCommands::Command> verify_command(CLI::App& store);
std::unique_ptr<StoreCommands::Command> repair_command(CLI::App& store);
std::unique_ptr<StoreCommands::Command> stat_command(CLI::App& store);
std::unique_ptr<StoreCommands::Command> snapshot_command(CLI::App& store);
std::unique_ptr<StoreCommands::Command> export_command(CLI::App& store);
std::unique_ptr<StoreCommands::Command> import_command(CLI::App& store);

}  // namespace clew
