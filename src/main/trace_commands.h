// `clew trace get`, `search`, `tail` and `clew query`: traces in a terminal, from any Clew that
// answers queries.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <vector>

namespace clew {

class TraceCommands {
 public:
  explicit TraceCommands(CLI::App& app);
  ~TraceCommands();

  bool chosen() const;
  /// The exit code: 0; 1 where something is wrong or not there; 130 after a signal.
  int execute();

  class Command;

 private:
  std::vector<std::unique_ptr<Command>> commands_;
};

}  // namespace clew
