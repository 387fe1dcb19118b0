#include "main/proxy_run.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "base/log.h"
#include "main/edge_reporter.h"
#include "main/envoy_process.h"
#include "main/signals.h"
#include "net/http_client.h"
#include "net/http_server.h"

namespace clew {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr milliseconds kPoll{100};
constexpr milliseconds kFirstRestart{100}, kLastRestart{10'000};
/// An Envoy that ran so long did not fail at starting: the next wait is the first again.
constexpr std::chrono::seconds kStable{60};
constexpr std::chrono::seconds kParentShutdown{5};  // beyond the drain time
constexpr milliseconds kAdminTimeout{2000};
constexpr milliseconds kSending{200};  // spans to an agent that is near
constexpr size_t kStatsBytes = 4 << 20;

/// Envoy's admin port.
class Admin {
 public:
  explicit Admin(const net::Address& address)
      : url_("http://" + address.to_string()),
        http_(net::HttpClient::create({.max_connections = 2, .max_answer_bytes = kStatsBytes})
                  .value()) {}

  Result<net::HttpReply> call(const std::string& method, const std::string& path) const {
    return http_->call({.method = method, .url = url_ + path, .timeout = kAdminTimeout});
  }

  bool ready() const {
    auto reply = call("GET", "/ready");
    return reply && reply->status == 200;
  }

  /// The longest time that spans wait before Envoy sends them; nothing if it does not say.
  std::optional<milliseconds> flush_interval() const {
    auto reply = call("GET", "/runtime?format=json");
    if (!reply || reply->status != 200) return std::nullopt;
    auto runtime = nlohmann::json::parse(reply->body, nullptr, false);
    auto entries = runtime.is_object() ? runtime.find("entries") : runtime.end();
    if (entries == runtime.end() || !entries->is_object()) return std::nullopt;
    std::optional<milliseconds> longest;
    for (const auto& [key, entry] : entries->items()) {
      if (!key.starts_with("tracing.") || !key.ends_with(".flush_interval_ms")) continue;
      auto value = entry.find("final_value");
      if (value == entry.end() || !value->is_string()) continue;
      const auto& text = value->get_ref<const std::string&>();
      uint32_t ms = 0;
      std::from_chars(text.data(), text.data() + text.size(), ms);
      longest = std::max(longest.value_or(milliseconds(0)), milliseconds(ms));
    }
    return longest;
  }

  /// Connections of clients, those to the admin port aside; nothing if it does not say.
  std::optional<uint64_t> connections() const {
    auto reply = call("GET", "/stats?filter=^listener\\..*downstream_cx_active$&usedonly");
    if (!reply || reply->status != 200) return std::nullopt;
    uint64_t sum = 0;
    std::string_view rest = reply->body;
    while (!rest.empty()) {
      std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      size_t space = line.rfind(' ');
      uint64_t value = 0;
      if (space != line.npos && !line.starts_with("listener.admin."))
        std::from_chars(line.data() + space + 1, line.data() + line.size(), value);
      sum += value;
    }
    return sum;
  }

 private:
  const std::string url_;
  const std::unique_ptr<net::HttpClient> http_;
};

Result<std::string> make_directory(const std::string& wanted) {
  if (!wanted.empty()) {
    std::error_code error;
    std::filesystem::create_directories(wanted, error);
    if (error) return fail(Code::kIo, "cannot make {}: {}", wanted, error.message());
    return wanted;
  }
  std::string pattern = (std::filesystem::temp_directory_path() / "clew-proxy-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr)
    return fail(Code::kIo, "cannot make {}: {}", pattern, std::strerror(errno));
  return pattern;
}

/// Readable by its owner only: the token is in it.
Result<void> write_private(const std::string& path, const std::string& content) {
  unlink(path.c_str());
  int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return fail(Code::kIo, "cannot write {}: {}", path, std::strerror(errno));
  ssize_t written = write(file, content.data(), content.size());
  close(file);
  if (written != static_cast<ssize_t>(content.size()))
    return fail(Code::kIo, "cannot write {}", path);
  return {};
}

class Runner {
 public:
  Runner(const ProxyOptions& proxy, const EnvoyOptions& envoy, std::string directory)
      : proxy_(proxy), options_(envoy), directory_(std::move(directory)), admin_(proxy.admin) {}

  Result<void> run() {
    if (auto started = start(); !started) return started;
    if (auto listens = listen(); !listens) return listens;
    while (true) {
      Wake wake = wait_for_wake(kPoll);
      if (wake == Wake::kStop) return stop();
      if (wake == Wake::kHangup) take_over();
      reap();
    }
  }

 private:
  /// A new Envoy; beside others it takes over from the newest.
  Result<void> start() {
    auto bootstrap = proxy_bootstrap(proxy_);
    if (!bootstrap) return std::unexpected(bootstrap.error());
    std::string file = directory_ + fmt::format("/envoy-{}.json", epoch_);
    if (auto written = write_private(file, bootstrap->dump(1)); !written) return written;
    auto process = EnvoyProcess::start(arguments(file));
    if (!process) return std::unexpected(process.error());
    envoys_.push_back(*std::move(process));
    started_ = SteadyClock::now();
    log::info("Envoy {} runs as {}", epoch_, envoys_.back().pid());
    return {};
  }

  std::vector<std::string> arguments(const std::string& file) const {
    auto seconds = std::chrono::duration_cast<std::chrono::seconds>(options_.drain_time);
    std::vector<std::string> all = {options_.binary,
                                    "-c",
                                    file,
                                    "--log-level",
                                    options_.log_level,
                                    "--drain-time-s",
                                    std::to_string(seconds.count()),
                                    "--parent-shutdown-time-s",
                                    std::to_string((seconds + kParentShutdown).count())};
    auto add = [&](std::initializer_list<std::string> more) { all.insert(all.end(), more); };
    std::string base_id = directory_ + "/base-id";
    if (options_.concurrency > 0) add({"--concurrency", std::to_string(options_.concurrency)});
    if (!options_.hot_restart) {
      add({"--disable-hot-restart"});
    } else if (epoch_ == 0) {
      add({"--use-dynamic-base-id", "--base-id-path", base_id});
    } else {
      std::string id;
      std::ifstream(base_id) >> id;
      add({"--base-id", id, "--restart-epoch", std::to_string(epoch_)});
    }
    all.insert(all.end(), options_.arguments.begin(), options_.arguments.end());
    return all;
  }

  Result<void> listen() {
    if (!options_.health) return {};
    net::HttpRoutes routes;
    routes.add("GET", "/ready", [this](const net::HttpRequest&, net::HttpResponder responder) {
      bool ready = !stopping_ && admin_.ready();
      responder.send(ready ? net::HttpResponse::text(200, "ready\n")
                           : net::HttpResponse::text(503, "Envoy is not ready\n"));
    });
    auto server = net::HttpServer::start(
        {.address = *options_.health, .name = "health", .flag = "--health-address"},
        std::move(routes));
    if (!server) return std::unexpected(server.error());
    health_ = *std::move(server);
    return {};
  }

  void take_over() {
    if (!options_.hot_restart)
      return log::error("SIGHUP: hot restarts are off (--no-hot-restart); nothing is done");
    ++epoch_;
    if (auto started = start(); !started) {
      log::error("SIGHUP: {}; the running Envoy goes on", started.error().message);
      --epoch_;
    }
  }

  /// Forgets those that have ended; if none is left, another is due, sooner or later.
  void reap() {
    std::erase_if(envoys_, [&](EnvoyProcess& each) {
      auto status = each.ended();
      bool newest = &each == &envoys_.back();
      if (status && newest) log::error("Envoy {} ended with status {}", each.pid(), *status);
      return status.has_value();
    });
    if (!envoys_.empty()) return;
    auto now = SteadyClock::now();
    if (!restart_at_) {
      pause_ = now - started_ > kStable ? kFirstRestart : std::min(pause_ * 2, kLastRestart);
      restart_at_ = now + pause_;
    }
    if (now < *restart_at_) return;
    restart_at_.reset();
    epoch_ = 0;
    if (auto started = start(); !started) log::error("{}", started.error().message);
  }

  /// Drains, then ends all there are.
  Result<void> stop() {
    stopping_ = true;
    auto end = SteadyClock::now() + options_.drain_time;
    auto drained = admin_.call("POST", "/drain_listeners?graceful&skip_exit");
    if (!drained) log::warn("Envoy cannot be told to drain: {}", drained.error().message);
    while (!envoys_.empty() && SteadyClock::now() < end && !envoys_.back().ended()) {
      auto connections = admin_.connections();
      if (!connections || *connections == 0) break;
      std::this_thread::sleep_for(kPoll);
    }
    await_spans(end);
    for (const EnvoyProcess& each : envoys_) each.signal(SIGTERM);
    int status = 0;
    for (EnvoyProcess& each : envoys_) {
      auto last = SteadyClock::now() + kParentShutdown;
      while (!each.ended() && SteadyClock::now() < last) std::this_thread::sleep_for(kPoll / 10);
      status = each.ended().value_or(128 + SIGKILL);
    }
    if (health_) health_->stop(milliseconds(0));
    if (status == 0) return {};
    return fail(Code::kIo, "Envoy ended with status {}", status);
  }

  /// Envoy sends spans by a timer, and not when it ends: those of the last requests go before.
  void await_spans(SteadyClock::time_point end) const {
    if (envoys_.empty()) return;
    if (auto interval = admin_.flush_interval())
      std::this_thread::sleep_until(std::min(end, SteadyClock::now() + *interval + kSending));
  }

  const ProxyOptions& proxy_;
  const EnvoyOptions& options_;
  const std::string directory_;
  const Admin admin_;
  std::vector<EnvoyProcess> envoys_;  // the newest last; the others drain
  int epoch_ = 0;
  SteadyClock::time_point started_;
  milliseconds pause_ = kFirstRestart / 2;
  std::optional<SteadyClock::time_point> restart_at_;
  std::atomic<bool> stopping_ = false;
  std::unique_ptr<net::HttpServer> health_;
};

}  // namespace

Result<void> run_proxy(const ProxyOptions& proxy, const EnvoyOptions& envoy) {
  take_hangups();
  std::unique_ptr<EdgeReporter> reporter;
  if (proxy.edge) {
    auto started = EdgeReporter::start(proxy);
    if (!started) return std::unexpected(started.error());
    reporter = *std::move(started);
  }
  auto directory = make_directory(envoy.directory);
  if (!directory) return std::unexpected(directory.error());
  auto done = Runner(proxy, envoy, *directory).run();
  if (envoy.directory.empty()) {
    std::error_code ignored;  // below /tmp, for whoever cleans there
    std::filesystem::remove_all(*directory, ignored);
  }
  return done;
}

}  // namespace clew
