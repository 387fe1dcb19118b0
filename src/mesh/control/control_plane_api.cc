#include "mesh/control/control_plane_api.h"

#include <string>
#include <utility>

#include "base/metrics.h"
#include "base/metrics_text.h"
#include "mesh/resource/json_access.h"

namespace clew::mesh {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using sync::PartyState;

constexpr char kTokenLife[] = "8760h";

double lag_of(const PartyState& state) {
  UnixNanos now = Clock::system().now();
  if (state.behind_since == 0 || state.behind_since > now) return 0;
  return static_cast<double>(now - state.behind_since) / 1e9;
}

Json json_of(const PartyState& state) {
  return {{"name", state.party.name},
          {"mode", name_of(state.party.mode)},
          {"zone", state.party.zone},
          {"connected", state.connected},
          {"called", state.called_by_us},
          {"connected_unix_nano", state.connected_at},
          {"heard_unix_nano", state.heard_at},
          {"lag_seconds", lag_of(state)},
          {"clock_ahead_seconds", static_cast<double>(state.ahead.count()) / 1e3},
          {"sent", state.sent},
          {"received", state.received},
          {"last_error", state.last_error}};
}

Result<HttpResponse> control_planes(const sync::Node* node) {
  auto state = node == nullptr ? sync::Node::State() : node->state();
  Json self = {{"name", ""}, {"mode", "standalone"}, {"zone", ""}};
  if (node != nullptr)
    self = {{"name", node->self().name},
            {"mode", name_of(node->self().mode)},
            {"zone", node->self().zone}};
  Json items = Json::array();
  for (const PartyState& each : state.parties) items.push_back(json_of(each));
  for (const auto& [url, error] : state.unreachable)
    items.push_back({{"url", url}, {"connected", false}, {"last_error", error}});
  return json_answer(200, {{"self", std::move(self)},
                           {"total", items.size()},
                           {"items", std::move(items)},
                           {"conflicts", state.conflicts},
                           {"problem", state.problem}});
}

Result<void> check_mode(const sync::Node* node) {
  if (node != nullptr) return {};
  return fail(Code::kInvalid, "zones have control planes of their own with --mode global only");
}

/// As the history calls it.
ResourceKey zone_token(const std::string& zone) {
  return {"ZoneToken", "", zone};
}

Result<HttpResponse> create_token(ResourceStore& store, sync::Node* node,
                                  const HttpRequest& request, const Operator& who) {
  if (auto several = check_mode(node); !several) return std::unexpected(several.error());
  auto body = request.decoded_body();
  if (!body) return std::unexpected(body.error());
  Json json = Json::parse(body->view(), nullptr, false);
  std::string zone = text_at(json, "zone");
  auto valid_for = valid_for_in(json, kTokenLife);
  if (!valid_for) return std::unexpected(valid_for.error());
  if (zone.empty())
    return fail(Code::kInvalid, "body: wants {{\"zone\", \"validFor\": \"8760h\"}}");
  auto token = node->create_zone_token(zone, *valid_for);
  if (!token) return std::unexpected(token.error());
  auto noted = store.note(zone_token(zone), "create", who.name);
  if (!noted) return std::unexpected(noted.error());
  return json_answer(201, {{"token", *token}});
}

}  // namespace

void add_control_plane_api(net::HttpRoutes& routes, ResourceStore& store, sync::Node* node,
                           const Authenticate& authenticate) {
  auto add = [&](const char* method, std::string_view path, Role role, Endpoint endpoint) {
    routes.add(method, path, guarded(authenticate, role, std::move(endpoint)));
  };
  add("GET", "/control-planes", Role::kReader,
      [node](const HttpRequest&, const Operator&) { return control_planes(node); });
  add("POST", "/tokens/zone", Role::kAdmin,
      [&store, node](const HttpRequest& request, const Operator& who) {
        return create_token(store, node, request, who);
      });
  add("DELETE", "/tokens/zone/{zone}", Role::kAdmin,
      [&store, node](const HttpRequest& request, const Operator& who) -> Result<HttpResponse> {
        std::string zone(request.path_param("zone"));
        auto done = in_order([&] { return check_mode(node); },
                             [&] { return node->revoke_zone_tokens(zone); },
                             [&] { return store.note(zone_token(zone), "delete", who.name); });
        if (!done) return std::unexpected(done.error());
        return json_answer(200, Json::object());
      });
}

std::shared_ptr<void> add_control_plane_metrics(const sync::Node& node) {
  return metrics::add_source([&node](metrics::TextWriter& writer) {
    auto state = node.state();
    auto family = [&](std::string_view name, std::string_view help, std::string_view type,
                      auto value) {
      writer.family(name, help, type);
      for (const PartyState& each : state.parties) {
        std::string labels;
        metrics::append_label(labels, "zone", each.party.zone);
        metrics::append_label(labels, "control_plane", each.party.name);
        writer.sample("", labels, value(each));
      }
    };
    family("clew_mesh_control_plane_connected", "Whether another control plane is connected",
           "gauge", [](const PartyState& each) { return uint64_t{each.connected ? 1U : 0U}; });
    family("clew_mesh_control_plane_lag_seconds", "For how long it has lacked something", "gauge",
           lag_of);
    family("clew_mesh_control_plane_sent_total", "Items sent to it", "counter",
           [](const PartyState& each) { return each.sent; });
    family("clew_mesh_control_plane_received_total", "Items that came from it", "counter",
           [](const PartyState& each) { return each.received; });
    writer.family("clew_mesh_control_plane_conflicts_total",
                  "Versions that came after a later one of another control plane", "counter");
    writer.sample("", "", state.conflicts);
  });
}

}  // namespace clew::mesh
