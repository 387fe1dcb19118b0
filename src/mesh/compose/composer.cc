#include "mesh/compose/composer.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "mesh/compose/cluster.h"
#include "mesh/compose/proxies.h"
#include "mesh/compose/tls.h"

namespace clew::mesh {
namespace {

constexpr char kRuntimeName[] = "clew";

void add_services(Builder& builder, const Composer& composer) {
  for (const std::string& name : builder.services) {
    const Service* known = builder.context.catalog.service(name);
    Service absent{.name = name};
    const Service& service = known != nullptr ? *known : absent;
    builder.add(service_cluster(builder.context, service));
    if (!service.external)
      builder.add(composer.endpoints(endpoints_name(name, builder.context.proxy)));
  }
}

}  // namespace

Composer::Composer(std::shared_ptr<const World> world, std::string mesh)
    : world_(std::move(world)), catalog_(*world_, mesh), policies_(*world_, mesh) {}

ProxyConfig Composer::compose(const ResourcePtr& dataplane) const {
  ProxyConfig config{.proxy = proxy_of(dataplane)};
  Context context{*world_, catalog_, policies_, config.proxy};
  Builder builder{.context = context};
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
  add_services(builder, *this);
  builder.add(PieceType::kRuntime, kRuntimeName,
              {{"name", kRuntimeName}, {"layer", builder.runtime}}, {});
  config.services.assign(builder.services.begin(), builder.services.end());
  config.all_services = builder.all_services;
  config.pieces = std::move(builder.pieces);
  std::ranges::sort(config.pieces, {}, [](const PiecePtr& piece) {
    return std::tuple<PieceType, std::string_view>(piece->type, piece->name);
  });
  config.identity = spiffe_id(catalog_.mesh(), config.proxy.service);
  config.mtls = has_mtls(context);
  if (config.mtls) config.trusted = trusted_besides(context);
  return config;
}

PiecePtr Composer::endpoints(const std::string& name) const {
  std::lock_guard lock(mutex_);
  PiecePtr& piece = endpoints_[name];
  if (!piece) piece = endpoints_of(catalog_, name);
  return piece;
}

}  // namespace clew::mesh
