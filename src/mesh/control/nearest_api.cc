#include "mesh/control/nearest_api.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/metrics.h"
#include "mesh/compose/catalog.h"
#include "mesh/compose/cluster.h"

namespace clew::mesh {
namespace {

using net::HttpRequest;
using net::HttpResponse;

std::string health_of(const Knowledge& zone) {
  if (zone.down) return zone.silent ? "silent" : "down";
  return zone.percent < 100 ? fmt::format("recovering, {} %", zone.percent) : "up";
}

/// Members that both answers have.
Json json_of(const Knowledge& zone) {
  return {{"zone", zone.zone},
          {"cost_ms", zone.cost.milliseconds},
          {"measured", zone.cost.measured},
          {"round_trip_ms", zone.round_trip ? Json(*zone.round_trip) : Json()},
          {"loss", zone.loss},
          {"health", health_of(zone)}};
}

/// In words why a core location is where it is.
std::string why(const Preference& preference, const Preference& first, const Knowledge& zone,
                bool limited) {
  if (preference.down) return "no probe of it is answered";
  std::string_view cost = zone.cost.measured ? "measured" : "guessed from coordinates";
  if (preference.reason == Preference::Reason::kNearest) {
    if (zone.percent < 100) return "nearest, and gets more step by step since it is back";
    return limited && preference.weight < 100 ? fmt::format("nearest ({}), and full", cost)
                                              : fmt::format("nearest ({})", cost);
  }
  if (preference.reason == Preference::Reason::kSpill) return "takes what the nearer cannot";
  if (preference.priority == 0) return "stands in for the nearest, which is not up";
  return fmt::format("next if {} fails ({})", first.zone, cost);
}

Result<HttpResponse> routes_of(const ResourceStore& store, const NearestKeeper& keeper,
                               const HttpRequest& request) {
  std::string mesh(request.query_param("mesh").value_or("default"));
  Catalog catalog(*store.world(), mesh);
  auto called = service_called(catalog, std::string(request.path_param("service")));
  if (!called) return std::unexpected(called.error());
  const Service* service = *called;
  ServiceAt at{std::string(request.path_param("edge")), mesh, service->name};
  UnixNanos now = Clock::system().now();
  std::map<std::string, Knowledge> known;
  for (Knowledge& each : keeper.decider().knowledge(at.edge, now)) known[each.zone] = each;
  if (!catalog.edges().contains(at.edge))
    return fail(Code::kNotFound, "there is no edge {}; see clew mesh zones", at.edge);
  auto rates = keeper.decider().rates(at, now);
  auto routing = keeper.routing();
  bool limited = service->capacity() > 0;
  auto preferences = preferences_of(catalog, routing.get(), *service, at.edge);
  Json zones = Json::array();
  for (const Preference& each : preferences) {
    Knowledge& zone = known[each.zone];
    zone.zone = each.zone;
    Json line = json_of(zone);
    auto ready = service->ready();
    int instances = ready[each.zone];
    bool used = each.priority == 0;
    line["instances"] = instances;
    line["capacity"] = limited ? Json(service->capacity() * instances) : Json();
    line["requests_per_second"] = rates[each.zone].requests;
    line["errors_per_second"] = rates[each.zone].errors;
    line["priority"] = each.priority;
    line["share"] = used ? each.weight : 0;
    line["reason"] = name_of(each.reason);
    line["why"] = why(each, preferences.front(), zone, limited);
    zones.push_back(std::move(line));
  }
  return json_answer(
      200,
      {{"edge", at.edge}, {"mesh", mesh}, {"service", at.service}, {"zones", std::move(zones)}});
}

/// Every edge that is known, whatever the mesh.
std::map<std::string, std::vector<Knowledge>> matrix_of(const NearestKeeper& keeper) {
  std::map<std::string, std::vector<Knowledge>> matrix;
  auto routing = keeper.routing();
  for (const auto& [edge, zones] : routing->edges)
    matrix[edge] = keeper.decider().knowledge(edge, Clock::system().now());
  return matrix;
}

Result<HttpResponse> matrix(const NearestKeeper& keeper) {
  Json items = Json::array();
  for (const auto& [edge, zones] : matrix_of(keeper)) {
    Json line = {{"edge", edge}, {"zones", Json::array()}};
    for (const Knowledge& zone : zones) {
      Json one = json_of(zone);
      one["requests_per_second"] = zone.rate.requests;
      one["errors_per_second"] = zone.rate.errors;
      line["zones"].push_back(std::move(one));
    }
    items.push_back(std::move(line));
  }
  return json_answer(200, {{"total", items.size()}, {"items", std::move(items)}});
}

}  // namespace

void add_nearest_api(net::HttpRoutes& routes, const ResourceStore& store,
                     const NearestKeeper& keeper, const Authenticate& authenticate) {
  routes.add("GET", "/edges/{edge}/routes/{service}",
             guarded(authenticate, Role::kReader, [&](const HttpRequest& request, const Operator&) {
               return routes_of(store, keeper, request);
             }));
  routes.add("GET", "/zone-matrix",
             guarded(authenticate, Role::kReader,
                     [&](const HttpRequest&, const Operator&) { return matrix(keeper); }));
}

std::shared_ptr<void> add_nearest_metrics(const NearestKeeper& keeper) {
  return metrics::add_source([&keeper](metrics::TextWriter& writer) {
    auto matrix = matrix_of(keeper);
    auto family = [&](std::string_view name, std::string_view help, auto value) {
      writer.family(name, help, "gauge");
      for (const auto& [edge, zones] : matrix)
        for (const Knowledge& zone : zones) {
          std::optional<double> number = value(zone);
          if (!number) continue;
          std::string labels;
          metrics::append_label(labels, "edge", edge);
          metrics::append_label(labels, "zone", zone.zone);
          writer.sample("", labels, *number);
        }
    };
    using Number = std::optional<double>;
    family("clew_mesh_edge_round_trip_seconds", "Between an edge and a core location, as probed",
           [](const Knowledge& zone) {
             return zone.round_trip ? Number(*zone.round_trip / 1000) : Number();
           });
    family("clew_mesh_edge_loss_ratio", "Of probes from an edge to a core location",
           [](const Knowledge& zone) { return Number(zone.loss); });
    family("clew_mesh_edge_zone_up", "Whether an edge sends requests to a core location",
           [](const Knowledge& zone) { return Number(zone.down ? 0 : 1); });
    family("clew_mesh_edge_requests_per_second", "From an edge to a core location",
           [](const Knowledge& zone) { return Number(zone.rate.requests); });
    family("clew_mesh_edge_errors_per_second", "From an edge to a core location",
           [](const Knowledge& zone) { return Number(zone.rate.errors); });
  });
}

}  // namespace clew::mesh
