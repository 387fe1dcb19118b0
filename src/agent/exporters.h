// Every way out of an agent, side by side: who gets what, and each with a queue of its own.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/exporter.h"

namespace clew::agent {

/// One way out.
struct ExporterSpec {
  std::string name;  // "otlp/backup"
  ExporterOptions options;
  Send send;
  bool traces_only = false;  // its format knows no logs and no metrics
};

/// Sends what fits it to some exporters only. What stands in it must all fit; an empty list fits
/// everything.
struct ExportRoute {
  std::vector<std::string> tenants;                             // one of these
  std::vector<std::pair<std::string, std::string>> attributes;  // of the resource, all of these
  std::vector<std::string> exporters;                           // by name
};

/// Hands each request to the exporters it is for. The first route that fits decides; what fits none
/// goes to all of them. Where a route looks at attributes, the resources of one request are told
/// apart and go their ways in requests of their own. Any thread may call it.
///
/// The exporters do not wait for each other: each has its own queue, consumers and retries.
class Exporters {
 public:
  /// Called exactly once, on any thread.
  using Accepted = std::move_only_function<void(Result<void>)>;

  /// Routes must name exporters that exist. Fails as Exporter::open.
  static Result<Exporters> open(std::vector<ExporterSpec> specs,
                                const std::vector<ExportRoute>& routes);

  /// Queues `request`, an export request of `signal` with `items` spans, log records or metric
  /// points. `accepted` gets a success when each resource in it has at least one taker; an exporter
  /// that is full beside one that is not loses the request, which it counts in
  /// clew_exporter_enqueue_failed_*_total: refusing would make the sender repeat it to the others.
  /// Otherwise it gets the error of an exporter that refused.
  void enqueue(otlp::Signal signal, const Tenant& tenant, const SharedBytes& request, size_t items,
               Accepted accepted);

  /// Drains all of them at once; see Exporter::drain. Returns what was left behind, by exporter;
  /// those that delivered all are not in it.
  std::vector<std::pair<std::string, size_t>> drain(SteadyTime deadline);

  /// Whether every exporter refuses.
  bool refuses() const;

  /// How full the memory of the emptiest queue is, 0 to 1: one exporter that is behind is no reason
  /// to give up what the others can take.
  double memory_fullness() const;

 private:
  struct Output {
    std::string name;
    bool traces_only;
    std::unique_ptr<Exporter> exporter;
  };
  using Outputs = std::vector<const Output*>;
  struct Route {
    std::vector<std::string> tenants;
    std::vector<std::pair<std::string, std::string>> attributes;
    Outputs outputs;
  };
  struct Part {
    const Outputs* outputs;
    std::string bytes;
    size_t items = 0;
  };

  Exporters() = default;

  std::vector<const Route*> routes_of(const Tenant& tenant) const;
  std::vector<Part> split(otlp::Signal signal, const std::vector<const Route*>& routes,
                          std::string_view request) const;
  static void enqueue_to(const Outputs& outputs, otlp::Signal signal, const Tenant& tenant,
                         const SharedBytes& request, size_t items, Accepted accepted);

  std::vector<Output> outputs_;
  std::vector<Route> routes_;
  Outputs all_;
};

}  // namespace clew::agent
