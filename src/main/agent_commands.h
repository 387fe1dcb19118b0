// What operators ask about an agent's configuration: `clew agent why`.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

#include "base/result.h"

namespace clew {

/// The subcommands of `clew agent`. Lives as long as the command line.
class AgentCommands {
 public:
  /// Adds them to `agent`, whose --config they take over when it stands before their name.
  explicit AgentCommands(CLI::App& agent);

  /// After parsing: true if one of them was chosen.
  bool chosen() const;

  /// Runs it; the exit code. Problems are told on stderr.
  int execute();

 private:
  Result<void> why() const;

  CLI::App& agent_;
  CLI::App* why_;
  std::string config_file_;
  std::string tenant_;
  std::string service_;
  std::string route_;
  std::vector<std::string> attributes_;  // KEY=VALUE
  std::vector<std::string> trace_ids_;   // "-": those on stdin
};

}  // namespace clew
