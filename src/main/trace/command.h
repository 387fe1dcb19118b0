// One subcommand of `clew trace`. Inside of trace_commands.cc and the files of its commands.
#pragma once

#include <memory>
#include <string_view>

#include "main/trace/client.h"
#include "main/trace_commands.h"

namespace clew {

class TraceCommands::Command {
 public:
  virtual ~Command() = default;
  /// Does it; the answer goes to stdout. An error's message may have several lines.
  virtual Result<void> run(const StoreClient& store) = 0;

  CLI::App& app() { return *app_; }
  const StoreAddress& address() const { return address_; }

 protected:
  Command(CLI::App& trace, const char* name, const char* help);

  /// Adds --no-color, for commands that colour.
  void add_colour_flag();
  bool colour() const;

  CLI::App* app_;

 private:
  StoreAddress address_;
  bool no_colour_ = false;
};

/// Writes to stdout at once; kIo if nobody reads it any more.
Result<void> write_out(std::string_view text);

// Each adds its subcommand to `clew trace`.
std::unique_ptr<TraceCommands::Command> trace_get_command(CLI::App& trace);
std::unique_ptr<TraceCommands::Command> trace_search_command(CLI::App& trace);
std::unique_ptr<TraceCommands::Command> trace_tail_command(CLI::App& trace);
/// Adds `clew query`.
std::unique_ptr<TraceCommands::Command> query_command(CLI::App& app);

}  // namespace clew
