// `clew load`: makes load for a server of traces and checks what comes out behind it.
#pragma once

#include <CLI/CLI.hpp>

#include <chrono>
#include <string>
#include <vector>

#include "load/load.h"

namespace clew {

/// The command with its flags. Lives as long as the command line.
class LoadCommand {
 public:
  explicit LoadCommand(CLI::App& app);

  bool chosen() const { return command_->parsed(); }

  /// Runs it until it is done or a signal comes. One line of JSON on stdout, everything for people
  /// on stderr. The exit code: 0; 1 if spans were refused; 2 if it could not start.
  int execute();

 private:
  template <typename Place>
  CLI::Option* add(const std::string& flag, Place& place, const char* type,
                   const std::string& help) {
    return command_->add_option(flag, place, help)->type_name(type)->capture_default_str();
  }
  void add_sending();
  void add_receiving();
  Result<void> read_flags();
  int send();
  int only_receive();

  CLI::App* command_;
  load::Options options_;
  std::vector<std::string> receive_, also_;
  std::string compression_ = "none", settle_ = "10s";
  std::string traces_file_;
  bool only_receive_ = false, waits_for_start_ = false, progress_ = false;
};

}  // namespace clew
