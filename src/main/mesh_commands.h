// `clew mesh apply`, `get`, `describe`, `inspect` and the like: what people do with a control plane
// from a terminal.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <vector>

namespace clew {

class MeshCommands {
 public:
  explicit MeshCommands(CLI::App& mesh);
  ~MeshCommands();

  bool chosen() const;
  /// The exit code.
  int execute();

  class Command;

 private:
  std::vector<std::unique_ptr<Command>> commands_;
};

}  // namespace clew
