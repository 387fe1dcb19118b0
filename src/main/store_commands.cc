#include "main/store_commands.h"

#include <fmt/format.h>

#include "base/log.h"
#include "main/store_command.h"

namespace clew {

StoreCommands::StoreCommands(CLI::App& store) : store_(store) {
  for (auto make : {verify_command, repair_command, stat_command, snapshot_command, export_command,
                    import_command})
    commands_.push_back(make(store));
}

StoreCommands::~StoreCommands() = default;

bool StoreCommands::chosen() const {
  return !store_.get_subcommands().empty();
}

int StoreCommands::execute() {
  for (const auto& command : commands_) {
    if (!command->app().parsed()) continue;
    CLI::Option* before = store_.get_option("--data");
    std::string data = command->data;
    if (command->app().count("--data") == 0 && before->count() > 0)
      data = before->as<std::string>();
    // They tell themselves what they meet, in their own form.
    auto quiet = log::configure("off");
    auto done = quiet ? command->run(data.empty() ? "clew-data" : data)
                      : Result<int>(std::unexpected(quiet.error()));
    if (done) return *done;
    fmt::print(stderr, "clew store {}: {}\n", command->app().get_name(), done.error().message);
    return 1;
  }
  return 1;
}

}  // namespace clew
