#include "main/trace_commands.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/log.h"
#include "main/terminal_text.h"
#include "main/trace/command.h"

namespace clew {
namespace {

constexpr int kInterruptedExit = 130;  // 128 and the number of SIGINT, as shells say it

constexpr char kFooter[] =
    "Examples:\n"
    "  clew trace get 4bf92f3577b34da6a3ce929d0e0e4736\n"
    "  clew trace get 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 --otlp > trace.json\n"
    "  clew trace search '{ span.http.status_code = 503 }' --since 1h\n"
    "  clew trace search --service checkout --limit 50\n"
    "  clew trace tail --service checkout --error\n";

/// "clew trace get", "clew query".
std::string name_of(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  bool is_nested = parent && parent->get_parent();
  return is_nested ? fmt::format("clew {} {}", parent->get_name(), command.get_name())
                   : fmt::format("clew {}", command.get_name());
}

void report(const std::string& command, std::string_view rest) {
  bool first = true;
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    fmt::print(stderr, "{}{}\n", first ? command + ": " : "  ", line);
    first = false;
  }
}

}  // namespace

TraceCommands::Command::Command(CLI::App& trace, const char* name, const char* help)
    : app_(trace.add_subcommand(name, help)) {
  auto add = [&](const char* flag, std::string& place, const char* what, const char* type,
                 const char* variable) {
    return app_->add_option(flag, place, what)
        ->type_name(type)
        ->envname(variable)
        ->group("Where the store is");
  };
  add("--url", address_.url, "Of its UI and queries", "URL", "CLEW_URL")->capture_default_str();
  add("--tenant", address_.tenant, "Whose traces, as X-Scope-OrgID", "ID", "CLEW_TENANT");
  add("--token-file", address_.token_file, "A bearer token", "FILE", "CLEW_TOKEN_FILE");
  add("--username", address_.username, "For basic authentication", "NAME", "CLEW_USERNAME");
  add("--password-file", address_.password_file, "For --username", "FILE", "CLEW_PASSWORD_FILE");
  add("--ca-cert-file", address_.ca_file, "Trust this CA (PEM); none: the system's", "FILE",
      "CLEW_CA_CERT_FILE");
}

void TraceCommands::Command::add_colour_flag() {
  app_->add_flag("--no-color", no_colour_, "As without a terminal (also NO_COLOR)");
}

bool TraceCommands::Command::colour() const {
  return !no_colour_ && terminal_takes_colour();
}

TraceCommands::TraceCommands(CLI::App& app) {
  CLI::App* trace = app.add_subcommand("trace", "Show, find and follow traces in the terminal");
  trace->require_subcommand(1);
  trace->footer(kFooter);
  for (auto make : {trace_get_command, trace_search_command, trace_tail_command})
    commands_.push_back(make(*trace));
  commands_.push_back(query_command(app));
}

TraceCommands::~TraceCommands() = default;

bool TraceCommands::chosen() const {
  for (const auto& command : commands_)
    if (command->app().parsed()) return true;
  return false;
}

int TraceCommands::execute() {
  for (const auto& command : commands_) {
    if (!command->app().parsed()) continue;
    auto quiet = log::configure("off");
    auto store = quiet ? StoreClient::create(command->address())
                       : Result<StoreClient>(std::unexpected(quiet.error()));
    auto done = store ? command->run(*store) : Result<void>(std::unexpected(store.error()));
    if (done) return 0;
    if (store && store->was_interrupted()) return kInterruptedExit;
    report(name_of(command->app()), done.error().message);
    return 1;
  }
  return 1;
}

Result<void> write_out(std::string_view text) {
  size_t written = std::fwrite(text.data(), 1, text.size(), stdout);
  if (written == text.size() && std::fflush(stdout) == 0) return {};
  return fail(Code::kIo, "cannot write to stdout: {}", std::strerror(errno));
}

}  // namespace clew
