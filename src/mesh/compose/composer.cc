#include "mesh/compose/composer.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>

#include "mesh/compose/cluster.h"
#include "mesh/compose/proxies.h"
#include "mesh/compose/tls.h"

namespace clew::mesh {
namespace {

constexpr char kRuntimeName[] = "clew";

/// What many proxies have: first what may change while services and their clusters do not.
constexpr PieceType kShared[] = {PieceType::kRoutes,  PieceType::kHost,    PieceType::kListener,
                                 PieceType::kRuntime, PieceType::kCluster, PieceType::kEndpoints};
constexpr size_t kBesideServices = 4;

/// The policies that what many proxies have depends on, by what that is.
constexpr std::string_view kOfClusters[] = {"MeshTimeout", "MeshCircuitBreaker", "MeshHealthCheck",
                                            "MeshLoadBalancingStrategy", "MeshIdentity"};
constexpr std::string_view kOfIngressRoutes[] = {
    "MeshTimeout",           "MeshRetry", "MeshLoadBalancingStrategy", "MeshIdentity",
    "MeshTrafficPermission", "MeshTLS"};
constexpr std::string_view kOfRoutes[] = {"MeshHTTPRoute", "MeshTimeout", "MeshRetry",
                                          "MeshLoadBalancingStrategy", "MeshTrace"};
/// Of what a proxy does with its own requests, beside a MeshTrace that selects it. The last two
/// only as far as they speak of what comes in, or of TCP; see speaks_of_own().
constexpr std::string_view kOfOwn[] = {"MeshAccessLog", "MeshTLS",
                                       "MeshIdentity",  "MeshTrafficPermission",
                                       "MeshTimeout",   "MeshCircuitBreaker"};
/// By which proxies that do the same with their own requests are grouped.
constexpr std::string_view kOfOwnGroups[] = {
    "MeshTrace",   "MeshAccessLog",     "MeshTLS", "MeshIdentity", "MeshTrafficPermission",
    "MeshTimeout", "MeshCircuitBreaker"};
/// By which proxies that send requests alike are.
constexpr std::string_view kOfGroups[] = {
    "MeshHTTPRoute", "MeshTimeout",     "MeshRetry",    "MeshLoadBalancingStrategy",
    "MeshTrace",     "MeshHealthCheck", "MeshIdentity", "MeshCircuitBreaker"};

std::string group_of(const Policies& policies, const Proxy& proxy) {
  return std::string(name_of(proxy.kind)) + " " + policies.group_of(kOfGroups, proxy);
}

/// What endpoints depend on of a proxy: its kind and place, or of an edge what it prefers, which
/// several edges have in common.
std::string view_of(const Proxy& proxy, const std::vector<Preference>& preferences) {
  if (proxy.kind != ProxyKind::kEdge) return fmt::format("{} {}", name_of(proxy.kind), proxy.place);
  std::string view = name_of(proxy.kind);
  for (const Preference& each : preferences)
    view += fmt::format(" {} {} {} {} {}", each.zone, each.priority, each.weight, each.down,
                        name_of(each.reason));
  return view;
}

/// Whether the policy says something about pieces that only one proxy has.
bool speaks_of_own(const ResourcePtr& policy) {
  const std::string& kind = policy->key.kind;
  if (std::ranges::find(kOfOwn, kind) == std::end(kOfOwn)) return false;
  if (kind != "MeshTimeout" && kind != "MeshCircuitBreaker") return true;
  return speaks_of_idle(*policy) || !list_at(policy->body, "spec.from").empty() ||
         !list_at(policy->body, "spec.rules").empty();
}

/// Whether a host of an edge does not ask what the policy says: a MeshTrace of a service that it
/// sends nothing to, or of another route.
bool is_of_others(const Resource& policy, const Shelf::Key& key, const Shelf::Item& host) {
  if (std::ranges::find(kOfRoutes, policy.key.kind) == std::end(kOfRoutes)) return true;
  if (policy.key.kind != "MeshTrace") return false;
  std::string kind = text_at(policy.body, "spec.targetRef.kind");
  std::string name = text_at(policy.body, "spec.targetRef.name");
  if (kind == "MeshService")
    return name != key.service && std::ranges::none_of(host.services, [&](const std::string& each) {
             return each == name || service_of(each) == name;
           });
  if (kind != "MeshHTTPRoute") return false;
  const auto& origins = host.piece.resource->origin();
  return std::ranges::find(origins, kind + " " + name) == origins.end();
}

/// Whether the form of a listener may be another because of the policy. Where it selects others now
/// than before, those are of another group: what matters is whom it selected.
bool concerns_form(const Resource& policy, const Shelf::Key& key) {
  if (std::ranges::find(kOfOwnGroups, policy.key.kind) == std::end(kOfOwnGroups)) return false;
  return selects_all(policy) || key.view.contains(policy.key.kind + "/" + policy.key.name + " ");
}

/// Whether an item of the shelf is what would be made now.
bool still_right(const Shelf::Key& key, const Shelf::Item& item, const MeshChanges& changes) {
  if (changes.everything || changes.services.contains(key.service)) return false;
  // What nobody has any more would stay for ever: ports and sizes of texts come and go.
  if (item.form && item.form.use_count() == 1) return false;
  switch (key.type) {
    case PieceType::kCluster:
      return changes.keep_kinds(kOfClusters, changes.same_connections);
    case PieceType::kRuntime:
      return changes.policies.empty();
    case PieceType::kListener:
      return std::ranges::none_of(
          changes.policies, [&](const ResourcePtr& each) { return concerns_form(*each, key); });
    case PieceType::kEndpoints:
      // Edges have come to prefer others: what nobody prefers any more would stay for ever.
      return !changes.shape && (changes.routed.empty() || item.piece.resource.use_count() > 1);
    case PieceType::kHost:
      return !changes.shape && std::ranges::all_of(changes.policies, [&](const ResourcePtr& each) {
        return is_of_others(*each, key, item) ||
               std::ranges::find(changes.same_requests, each) != changes.same_requests.end();
      });
    default:
      if (changes.shape) return false;
      return changes.keep_kinds(key.view.starts_with("ingress")
                                    ? std::span<const std::string_view>(kOfIngressRoutes)
                                    : kOfRoutes,
                                changes.same_requests);
  }
}

void add_runtime(Builder& builder) {
  if (builder.has(PieceType::kRuntime, kRuntimeName)) return;
  auto item = builder.context.shelf.get(
      {PieceType::kRuntime, kRuntimeName, {}, builder.runtime.dump()}, [&] {
        return Draft{.type = PieceType::kRuntime,
                     .name = kRuntimeName,
                     .body = {{"name", kRuntimeName}, {"layer", builder.runtime}}};
      });
  if (item)
    builder.own.push_back((*item)->piece);
  else if (!builder.problem)
    builder.problem = item.error();
}

/// Has equal pieces be the same ones: what is filled into forms is made anew each time.
void keep_equal(const std::vector<Piece>& known, std::vector<Piece>& now) {
  for (Piece& piece : now)
    for (const Piece& before : known)
      if (before.type == piece.type && before.name() == piece.name() &&
          before.resource->version() == piece.resource->version() &&
          before.resource->origin() == piece.resource->origin())
        piece = before;
}

}  // namespace

std::vector<Piece> ProxyConfig::pieces() const {
  auto order = [](const Piece& piece) {
    return std::tuple<PieceType, std::string_view>(piece.type, piece.name());
  };
  std::vector<Piece> all = own;
  all.insert(all.end(), shared.begin(), shared.end());
  all.insert(all.end(), of_services.begin(), of_services.end());
  std::ranges::stable_sort(all, {}, order);
  all.erase(std::ranges::unique(all, {}, order).begin(), all.end());
  return all;
}

Composer::Composer(std::shared_ptr<const World> world, const std::string& mesh,
                   xds::ResourceCache& cache, std::string debug_keys, RoutingPtr routing)
    : debug_keys_(std::move(debug_keys)),
      world_(std::move(world)),
      routing_(std::move(routing)),
      catalog_(std::make_unique<const Catalog>(*world_, mesh)),
      policies_(std::make_unique<const Policies>(*world_, mesh)),
      shelf_(cache) {}

void Composer::advance(std::shared_ptr<const World> world, MeshChanges& changes,
                       RoutingPtr routing) {
  world_ = std::move(world);
  routing_ = std::move(routing);
  if (!changes.keep_catalog()) {
    auto catalog = std::make_unique<const Catalog>(*world_, catalog_->mesh());
    add_declared_services(*catalog_, *catalog, changes);
    for (const std::string& name : changes.services)
      changes.shape |= !same_shape(catalog_->service(name), catalog->service(name));
    catalog_ = std::move(catalog);
  }
  if (changes.everything || !changes.policies.empty())
    policies_ = std::make_unique<const Policies>(*world_, catalog_->mesh());
  same_endpoints_ = changes.keep_catalog() && changes.routed.empty();
  same_services_ = same_endpoints_ && changes.keep_kinds(kOfClusters, changes.same_connections);
  // Endpoints are the most by far: one of each service for each edge.
  std::span<const PieceType> changing = kShared;
  if (same_services_) changing = changing.first(kBesideServices);
  shelf_.keep_if(changing, [&](const Shelf::Key& key, const Shelf::Item& item) {
    return still_right(key, item, changes);
  });
  same_own_ = !changes.everything && !changes.shape &&
              std::ranges::none_of(changes.policies, speaks_of_own);
  traces_.clear();
  std::ranges::copy_if(changes.policies, std::back_inserter(traces_),
                       [](const ResourcePtr& each) { return each->key.kind == "MeshTrace"; });
}

Result<ProxyConfig> Composer::compose(const ResourcePtr& dataplane,
                                      const ProxyConfig* known) const {
  ProxyConfig config{.proxy = proxy_of(dataplane)};
  config.group = group_of(*policies_, config.proxy);
  std::string own_group = policies_->group_of(kOfOwnGroups, config.proxy);
  Context context{.world = *world_,
                  .catalog = *catalog_,
                  .policies = *policies_,
                  .proxy = config.proxy,
                  .group = config.group,
                  .shelf = shelf_,
                  .debug_keys = debug_keys_,
                  .own_group = own_group,
                  .own = OwnTexts(*catalog_, config.proxy)};
  Builder builder{.context = context};
  bool traced_alike = std::ranges::none_of(
      traces_, [&](const ResourcePtr& each) { return selects(*each, config.proxy); });
  if (same_own_ && traced_alike && known != nullptr && known->proxy.dataplane == dataplane)
    builder.keep(known->own);
  switch (config.proxy.kind) {
    case ProxyKind::kSidecar:
      build_sidecar(builder);
      break;
    case ProxyKind::kEdge:
      build_edge(builder);
      break;
    case ProxyKind::kIngress:
      build_ingress(builder);
      break;
  }
  add_runtime(builder);
  if (known != nullptr) keep_equal(known->own, builder.own);
  if (builder.problem) return std::unexpected(*builder.problem);
  config.services = std::move(builder.services);
  config.all_services = builder.all_services;
  config.own = std::move(builder.own);
  config.shared = std::move(builder.shared);
  config.identity = spiffe_id(catalog_->mesh(), config.proxy.service);
  config.mtls = has_mtls(context);
  if (config.mtls) config.trusted = trusted_besides(context);
  config.provided = wants_provided_authority(context);
  bool alike = same_endpoints_ && known != nullptr && known->proxy.kind == config.proxy.kind &&
               known->proxy.place == config.proxy.place && known->services == config.services;
  bool same = alike && same_services_ && known->group == config.group;
  auto of_services = same ? Result<std::vector<Piece>>(known->of_services)
                          : pieces_of_services(context, config.services, alike ? known : nullptr);
  if (!of_services) return std::unexpected(of_services.error());
  config.of_services = *std::move(of_services);
  return config;
}

Result<std::vector<Piece>> Composer::pieces_of_services(const Context& context,
                                                        const std::set<std::string>& services,
                                                        const ProxyConfig* with_endpoints) const {
  std::vector<Piece> clusters, endpoints;
  if (with_endpoints != nullptr)
    std::ranges::copy_if(with_endpoints->of_services, std::back_inserter(endpoints),
                         [](const Piece& each) { return each.type == PieceType::kEndpoints; });
  for (const std::string& name : services) {
    const Service* known = catalog_->service(name);
    Service absent{.name = name};
    const Service& service = known != nullptr ? *known : absent;
    auto cluster = shelf_.get({PieceType::kCluster, name, name, context.group},
                              [&] { return service_cluster(context, service); });
    if (!cluster) return std::unexpected(cluster.error());
    clusters.push_back((*cluster)->piece);
    if (service.external || with_endpoints != nullptr) continue;
    auto piece = this->endpoints(name, context.proxy);
    if (!piece) return std::unexpected(piece.error());
    endpoints.push_back(*std::move(piece));
  }
  std::ranges::move(endpoints, std::back_inserter(clusters));
  return clusters;
}

Result<Piece> Composer::endpoints(const std::string& service, const Proxy& proxy) const {
  std::vector<Preference> preferences;
  const Service* known = catalog_->service(service);
  if (proxy.kind == ProxyKind::kEdge && known != nullptr)
    preferences = preferences_of(*catalog_, routing_.get(), *known, proxy.place);
  auto item = shelf_.get({PieceType::kEndpoints, service, service, view_of(proxy, preferences)},
                         [&] { return endpoints_of(*catalog_, service, proxy, preferences); });
  if (!item) return std::unexpected(item.error());
  return (*item)->piece;
}

}  // namespace clew::mesh
