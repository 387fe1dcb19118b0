#include "main/proxy_commands.h"

#include <fmt/format.h>

#include <utility>

#include "base/duration.h"
#include "base/log.h"

namespace clew {
namespace {

Result<std::optional<net::Address>> address_of(const char* flag, const std::string& text) {
  if (text.empty()) return std::optional<net::Address>();
  auto address = net::Address::parse(text);
  if (!address) return fail(Code::kInvalid, "{}: {}", flag, address.error().message);
  return std::optional(*std::move(address));
}

}  // namespace

ProxyCommands::ProxyCommands(CLI::App& app)
    : proxy_(app.add_subcommand("proxy", "Run an Envoy that is part of the mesh")),
      run_(proxy_->add_subcommand("run", "Start Envoy beside an app and keep it running")),
      bootstrap_(proxy_->add_subcommand("bootstrap", "Print the file Envoy is started with")) {
  proxy_->require_subcommand(1);
  for (CLI::App* command : {run_, bootstrap_}) add_options(*command);
  run_->add_option("--envoy", envoy_.binary, "The program")
      ->type_name("FILE")
      ->envname("CLEW_PROXY_ENVOY")
      ->capture_default_str();
  run_->add_option("--directory", envoy_.directory, "Where the bootstrap is kept; none: /tmp")
      ->type_name("DIR");
  run_->add_option("--drain-time", drain_, "How long connections may go on when it ends")
      ->type_name("DURATION")
      ->capture_default_str();
  run_->add_option("--health-address", health_, "Answer /ready there")->type_name("HOST:PORT");
  run_->add_option("--envoy-log-level", envoy_.log_level, "Envoy's own")->capture_default_str();
  run_->add_option("--concurrency", envoy_.concurrency, "Envoy's threads; 0: as many as cores")
      ->capture_default_str();
  run_->add_flag("!--no-hot-restart", envoy_.hot_restart,
                 "Do without the shared memory that hot restarts take");
  run_->add_option("ARGUMENTS", envoy_.arguments, "More for Envoy, behind --");
  run_->footer(
      "SIGTERM drains and ends it; SIGHUP lets a new Envoy take over without losing a request.");
}

void ProxyCommands::add_options(CLI::App& command) {
  command.add_option("--name", options_.name, "Of its Dataplane")
      ->envname("CLEW_PROXY_NAME")
      ->required();
  command.add_option("--mesh", options_.mesh, "It is of")
      ->envname("CLEW_PROXY_MESH")
      ->capture_default_str();
  command
      .add_option("--cp-address", options_.control_planes,
                  "The control plane; given several times: any of these")
      ->type_name("URL")
      ->delimiter(',')
      ->envname("CLEW_PROXY_CP_ADDRESS")
      ->capture_default_str();
  command.add_option("--token-file", options_.token_file, "See clew mesh proxy-token")
      ->type_name("FILE")
      ->envname("CLEW_PROXY_TOKEN_FILE");
  command.add_option("--ca-cert-file", options_.ca_file, "Trust this CA (PEM) of an https address")
      ->type_name("FILE")
      ->envname("CLEW_PROXY_CA_CERT_FILE");
  command.add_flag("--edge", options_.edge,
                   "It is an edge: measure core locations, and report what it sends them");
  command.add_option("--service", options_.service, "Envoy's node.cluster; none: the name");
  command.add_option("--zone", options_.zone, "Envoy's node.locality.zone");
  command.add_option("--admin-address", admin_, "Envoy's admin port; keep it on loopback")
      ->type_name("HOST:PORT")
      ->capture_default_str();
}

int ProxyCommands::execute() {
  auto done = [&]() -> Result<void> {
    auto admin = address_of("--admin-address", admin_);
    if (!admin) return std::unexpected(admin.error());
    auto health = address_of("--health-address", health_);
    if (!health) return std::unexpected(health.error());
    auto drain = parse_duration(drain_);
    if (!drain) return fail(Code::kInvalid, "--drain-time: {}", drain.error().message);
    if (*admin) options_.admin = **admin;
    envoy_.health = *health;
    envoy_.drain_time =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::nanoseconds(*drain));
    if (run_->parsed()) return run_proxy(options_, envoy_);
    auto bootstrap = proxy_bootstrap(options_);
    if (!bootstrap) return std::unexpected(bootstrap.error());
    fmt::print("{}\n", bootstrap->dump(2));
    return {};
  }();
  if (done) return 0;
  fmt::print(stderr, "clew proxy {}: {}\n", run_->parsed() ? "run" : "bootstrap",
             done.error().message);
  return 1;
}

}  // namespace clew
