// Keeps an Envoy running.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "main/proxy_bootstrap.h"
#include "net/address.h"

namespace clew {

struct EnvoyOptions {
  std::string binary = "envoy";
  std::string directory;  // of the bootstrap; empty: a new one below /tmp
  std::chrono::milliseconds drain_time{30'000};
  std::optional<net::Address> health;  // answers /ready as Envoy does; none: no listener
  std::string log_level = "info";
  int concurrency = 0;  // 0: as many threads as cores
  bool hot_restart = true;
  std::vector<std::string> arguments;  // more of Envoy's own
};

/// Starts Envoy with a bootstrap for `proxy` and stays beside it:
/// - SIGTERM and SIGINT: listeners stop to take connections, those that are there go on for at most
///   `drain_time`, their spans are sent within it, then Envoy ends, and so does this. A second
///   signal ends it at once.
/// - SIGHUP: a new Envoy takes over the listeners with a bootstrap that is made anew (a new token),
///   while the old one drains; without `hot_restart` it is refused, with a log line.
/// - Envoy ends by itself: it is started again, after 0.1 s, then later, up to 10 s.
/// Fails when Envoy cannot be started at all.
Result<void> run_proxy(const ProxyOptions& proxy, const EnvoyOptions& envoy);

}  // namespace clew
