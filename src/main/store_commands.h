// What operators do with a store's directory: `clew store verify`, repair, stat, export, import,
// snapshot.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace clew {

/// The subcommands of `clew store`. Lives as long as the command line.
class StoreCommands {
 public:
  /// Adds them to `store`, whose --data they take over when it stands before their name.
  explicit StoreCommands(CLI::App& store);
  ~StoreCommands();

  /// After parsing: true if one of them was chosen.
  bool chosen() const;

  /// Runs it; the exit code. Problems are told on stderr.
  int execute();

  class Command;

 private:
  CLI::App& store_;
  std::vector<std::unique_ptr<Command>> commands_;
};

}  // namespace clew
