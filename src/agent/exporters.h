// Every way out of an agent, side by side: who gets what, and each with a queue of its own.
#pragma once

#include <memory>
#include <mutex>
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

  /// From the next request on these are the exporters and routes; all or nothing, as open(). An
  /// exporter whose name stays keeps its queue, of which only the bytes in memory change, its other
  /// options and the `send` it was opened with. One whose name is gone gets nothing more and goes
  /// on sending what is in its queue; if its name comes back meanwhile, it is the same again. One
  /// call at a time.
  Result<void> replace(std::vector<ExporterSpec> specs, const std::vector<ExportRoute>& routes);

  /// Ends exporters whose names are gone and that have sent everything. One call at a time, and not
  /// during replace(). Returns the names of those that are gone and have not.
  std::vector<std::string> end_retired();

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

  /// How each of those in force goes, by name.
  std::vector<std::pair<std::string, ExporterStatus>> status() const;

  /// Whether every exporter refuses.
  bool refuses() const;

  /// How full the memory of the emptiest queue is, 0 to 1: one exporter that is behind is no reason
  /// to give up what the others can take.
  double memory_fullness() const;

 private:
  struct Output {
    std::string name;
    bool traces_only;
    std::shared_ptr<Exporter> exporter;
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
  /// What is in force.
  struct Table {
    std::vector<Output> outputs;
    std::vector<Route> routes;
    Outputs all;

    std::vector<const Route*> routes_of(const Tenant& tenant) const;
    std::vector<Part> split(otlp::Signal signal, const std::vector<const Route*>& fitting,
                            std::string_view request) const;
  };

  Exporters() = default;

  static std::shared_ptr<const Table> table_of(std::vector<Output> outputs,
                                               const std::vector<ExportRoute>& routes);
  std::shared_ptr<const Table> table() const;
  /// Of this name, in force or retired; null if there is none.
  std::shared_ptr<Exporter> find(const std::string& name) const;
  static void enqueue_to(const Outputs& outputs, otlp::Signal signal, const Tenant& tenant,
                         const SharedBytes& request, size_t items, Accepted accepted);

  std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();  // of table_
  std::shared_ptr<const Table> table_ = std::make_shared<const Table>();
  std::vector<Output> retired_;
};

}  // namespace clew::agent
