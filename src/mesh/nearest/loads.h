// How many requests go where.
#pragma once

#include <map>
#include <span>
#include <string>

#include "base/clock.h"
#include "mesh/nearest/routing.h"

namespace clew::mesh {

/// What one proxy sent to one core location for one service since its last report.
struct Load {
  std::string service, zone;
  uint64_t requests = 0, errors = 0;
};

/// Requests per second, smoothed over some seconds.
struct Rate {
  double requests = 0, errors = 0;
};

/// Adds up what the proxies of all edges report.
class Loads {
 public:
  /// A whole report of one proxy: what it does not name had no requests. `seconds` is the time it
  /// stands for.
  void add(const std::string& edge, const std::string& mesh, const std::string& proxy,
           std::span<const Load> report, double seconds, UnixNanos now);

  /// By zone; of proxies that still report.
  std::map<std::string, Rate> of(const ServiceAt& at, UnixNanos now) const;
  /// Of all services of an edge, by zone.
  std::map<std::string, Rate> of_edge(const std::string& edge, UnixNanos now) const;

 private:
  struct Reported {
    UnixNanos heard = 0;
    std::map<std::string, std::map<std::string, Rate>> services;  // by service, by zone
  };
  struct ProxyAt {
    std::string edge, mesh, proxy;
    auto operator<=>(const ProxyAt&) const = default;
  };

  std::map<ProxyAt, Reported> proxies_;
};

}  // namespace clew::mesh
