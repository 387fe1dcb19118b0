// `clew agent convert FILE`.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace clew {

/// The subcommand of `clew agent` that writes another agent's configuration as Clew's. Lives as
/// long as the command line.
class ConvertCommand {
 public:
  explicit ConvertCommand(CLI::App& agent);

  /// After parsing.
  bool chosen() const { return command_->parsed(); }

  /// Prints the YAML, and on stderr, line by line of the file, what it could not take over. 0: all
  /// was taken over; 2: parts were not; 1: it could not read the file.
  int execute() const;

 private:
  CLI::App* command_;
  std::string file_;
};

}  // namespace clew
