#include "mesh/compose/listener.h"

#include <utility>

#include "mesh/compose/access_log.h"
#include "mesh/compose/edge_hardening.h"
#include "mesh/compose/trace.h"
#include "mesh/envoy_api/envoy_api.h"

namespace clew::mesh {
namespace {

constexpr char kHttpManager[] =
    "extensions.filters.network.http_connection_manager.v3"
    ".HttpConnectionManager";

/// MeshTimeout's part of a connection manager that requests come in at; those that go out have
/// theirs in routes and clusters.
void add_timeouts(const Builder& builder, Json& manager, std::vector<ResourceKey>& origins) {
  Merged timeout = builder.context.policies.inbound("MeshTimeout", builder.context.proxy);
  append_origins(origins, timeout.origins);
  if (auto text = duration_at(timeout.conf, "http.requestHeadersTimeout"); !text.empty())
    manager["request_headers_timeout"] = text;
  if (auto text = duration_at(timeout.conf, "http.streamIdleTimeout"); !text.empty())
    manager["stream_idle_timeout"] = text;
  Json common = manager.value("common_http_protocol_options", Json::object());
  if (auto text = duration_at(timeout.conf, "http.maxStreamDuration"); !text.empty())
    common["max_stream_duration"] = text;
  if (auto text = duration_at(timeout.conf, "http.maxConnectionDuration"); !text.empty())
    common["max_connection_duration"] = text;
  if (auto text = duration_at(timeout.conf, "idleTimeout"); !text.empty())
    common["idle_timeout"] = text;
  if (!common.empty()) manager["common_http_protocol_options"] = std::move(common);
}

void add_access_logs(Builder& builder, bool outbound, const std::string& destination, Json& filter,
                     std::vector<ResourceKey>& origins) {
  AccessLogs logs = access_logs_of(builder.context, outbound, destination);
  append_origins(origins, logs.origins);
  if (!logs.list.empty()) filter["access_log"] = std::move(logs.list);
  for (const Draft& cluster : logs.clusters) builder.add(cluster);
}

/// Returns what is to stand behind the router; null: nothing.
Json add_tracing(Builder& builder, bool outbound, Json& manager,
                 std::vector<ResourceKey>& origins) {
  Tracing tracing = tracing_of(builder.context, outbound);
  if (tracing.manager.is_null()) return nullptr;
  manager["tracing"] = std::move(tracing.manager);
  if (!tracing.request_id.is_null())
    manager["request_id_extension"] = std::move(tracing.request_id);
  builder.runtime.update(tracing.runtime);
  append_origins(origins, tracing.origins);
  for (const Draft& cluster : tracing.clusters) builder.add(cluster);
  return std::move(tracing.behind_router);
}

Json router(const Json& behind) {
  Json config = typed("extensions.filters.http.router.v3.Router");
  if (!behind.is_null()) config["upstream_http_filters"] = behind;
  return extension("envoy.filters.http.router", std::move(config));
}

/// Failures to connect (UF), and to find whom to connect to (UH).
void tell_of_undelivered(Json& manager) {
  Json header = {{"header", {{"key", kUndeliveredHeader}, {"value", "%RESPONSE_FLAGS%"}}}};
  manager["local_reply_config"]["mappers"].push_back(
      {{"filter", {{"response_flag_filter", {{"flags", Json::array({"UF", "UH"})}}}}},
       {"headers_to_add", Json::array({std::move(header)})}});
}

/// What the managers of one direction have in common. Returns what is to stand behind the router.
Json add_common(Builder& builder, const ManagerOptions& options, Json& manager,
                std::vector<ResourceKey>& origins) {
  manager["upgrade_configs"] = Json::array({{{"upgrade_type", "websocket"}}});
  if (options.outbound) harden_outbound(manager);
  if (!options.outbound && !options.edge) tell_of_undelivered(manager);
  if (!options.outbound) add_timeouts(builder, manager, origins);
  return add_tracing(builder, options.outbound, manager, origins);
}

/// The same, made and serialized once.
const CommonPart& common_of(Builder& builder, const ManagerOptions& options) {
  std::optional<CommonPart>& common = builder.common[options.outbound ? 1 : 0];
  if (common) return *common;
  common.emplace();
  Json manager = Json::object();
  common->behind_router = add_common(builder, options, manager, common->origins);
  auto bytes = envoy_api::serialize(typed(kHttpManager)["@type"].get<std::string>(), manager);
  if (!bytes && !builder.problem) builder.problem = bytes.error();
  if (bytes) common->serialized = Json::binary({bytes->begin(), bytes->end()});
  return *common;
}

Json virtual_host(const std::string& name, Json domains, Json routes) {
  return {{"name", name}, {"domains", std::move(domains)}, {"routes", std::move(routes)}};
}

}  // namespace

void Builder::add(const Draft& draft) {
  if (!names.emplace(draft.type, draft.name).second) return;
  auto item = context.shelf.make(draft);
  if (!item) return fail(item.error());
  own.push_back(item->piece);
  services.insert(item->services.begin(), item->services.end());
}

void Builder::add(const Shelf::Key& key, const std::function<Draft()>& draft) {
  if (!names.emplace(key.type, key.name).second) return;
  auto item = context.shelf.get(key, draft);
  if (!item) return fail(item.error());
  shared.push_back((*item)->piece);
  shared.insert(shared.end(), (*item)->hosts.begin(), (*item)->hosts.end());
  services.insert((*item)->services.begin(), (*item)->services.end());
}

void Builder::add(const Blanks& blanks,
                  const std::function<Draft(Builder&, std::span<const std::string>)>& draft) {
  if (!names.emplace(blanks.type, blanks.name).second) return;
  Shelf::Texts texts = context.own.list();
  size_t own_texts = texts.size();
  texts.insert(texts.end(), blanks.more.begin(), blanks.more.end());
  auto item = context.shelf.form(
      {blanks.type, blanks.alike, {}, context.own_group}, texts, [&](const Shelf::Texts& sample) {
        Context alike = context;
        alike.own = OwnTexts(sample);
        Builder builder{.context = alike};
        Draft made = draft(builder, std::span(sample).subspan(own_texts));
        made.needs = std::move(builder.own);
        made.runtime = std::move(builder.runtime);
        if (builder.problem) made.problem = builder.problem;
        return made;
      });
  if (!item) return fail(item.error());
  std::string filling;
  for (const std::string& text : texts) filling += text;
  own.push_back(
      {blanks.type, xds::XdsResource::of_form((*item)->form, blanks.name, std::move(filling),
                                              {name_of(context.proxy.dataplane->key)})});
  for (const Piece& piece : (*item)->needs)
    if (names.emplace(piece.type, piece.name()).second) own.push_back(piece);
  if (!(*item)->runtime.empty()) runtime.update((*item)->runtime);
}

void Builder::keep(const std::vector<Piece>& still_right) {
  own = still_right;
  for (const Piece& piece : own) names.emplace(piece.type, piece.name());
}

void Builder::fail(const Error& error) {
  if (!problem) problem = error;
}

Json http_manager(Builder& builder, const ManagerOptions& options,
                  std::vector<ResourceKey>& origins) {
  const std::string& routes = options.routes.empty() ? options.name : options.routes;
  Json manager = {{"stat_prefix", options.name},
                  {"rds", {{"route_config_name", routes}, {"config_source", from_ads()}}},
                  {"http_filters", options.filters}};
  if (options.edge) harden_edge(manager);
  Json behind_router;
  if (options.edge || options.whole) {
    behind_router = add_common(builder, options, manager, origins);
  } else {
    const CommonPart& common = common_of(builder, options);
    append_origins(origins, common.origins);
    behind_router = common.behind_router;
    manager[envoy_api::kSerialized] = common.serialized;
  }
  manager["http_filters"].push_back(router(behind_router));
  add_access_logs(builder, options.outbound, options.destination, manager, origins);
  return extension("envoy.filters.network.http_connection_manager",
                   typed(kHttpManager, std::move(manager)));
}

Json tcp_proxy(Builder& builder, const TcpOptions& options, std::vector<ResourceKey>& origins) {
  Json proxy = {{"stat_prefix", options.name}, {"cluster", options.cluster}};
  std::string idle = options.idle_timeout;
  if (!options.outbound) {
    Merged timeout = builder.context.policies.inbound("MeshTimeout", builder.context.proxy);
    append_origins(origins, timeout.origins);
    idle = duration_at(timeout.conf, "idleTimeout");
  }
  if (!idle.empty()) proxy["idle_timeout"] = idle;
  add_access_logs(builder, options.outbound, options.destination, proxy, origins);
  return extension("envoy.filters.network.tcp_proxy",
                   typed("extensions.filters.network.tcp_proxy.v3.TcpProxy", std::move(proxy)));
}

Json listener(const std::string& name, const std::string& address, uint16_t port,
              const char* direction, Json chains) {
  return {{"name", name},
          {"address", socket_address(address, port)},
          {"traffic_direction", direction},
          // With it a second Envoy could bind the same port, and each would get half of the
          // requests.
          {"enable_reuse_port", false},
          {"filter_chains", std::move(chains)}};
}

Draft route_configuration(const std::string& name) {
  return {.type = PieceType::kRoutes,
          .name = name,
          .body = {{"name", name},
                   {"validate_clusters", false},  // clusters come and go
                   {"ignore_port_in_host_matching", true}}};
}

void add_host(Draft& configuration, const std::string& name, Json domains, Routes routes) {
  Json host = virtual_host(name, std::move(domains), std::move(routes.list));
  configuration.parts.push_back({{"virtual_hosts", Json::array({std::move(host)})}});
  configuration.services.merge(routes.services);
  append_origins(configuration.origins, routes.origins);
}

Draft own_host(const std::string& name, Json domains, Routes routes) {
  // Facts of Envoy 1.40: it takes away the host that is called as the resource, and no other.
  return {.type = PieceType::kHost,
          .name = name,
          .body = virtual_host(name, std::move(domains), std::move(routes.list)),
          .origins = std::move(routes.origins),
          .services = std::move(routes.services)};
}

void ask_for_hosts(Draft& configuration) {
  configuration.body["vhds"] = {{"config_source", from_ads()}};
}

Draft routes_for_all(const std::string& name, Routes routes) {
  Draft configuration = route_configuration(name);
  add_host(configuration, "all", Json::array({"*"}), std::move(routes));
  return configuration;
}

}  // namespace clew::mesh
