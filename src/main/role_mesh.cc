#include <unistd.h>

#include <array>
#include <filesystem>
#include <utility>

#include "api/health.h"
#include "base/log.h"
#include "main/allocator.h"
#include "main/control_plane_url.h"
#include "main/file_text.h"
#include "main/listeners.h"
#include "main/mesh_config.h"
#include "main/signals.h"
#include "mesh/control/control_plane_api.h"
#include "mesh/control/debug_tokens.h"
#include "mesh/control/identities.h"
#include "mesh/control/identity_api.h"
#include "mesh/control/inspect.h"
#include "mesh/control/nearest_api.h"
#include "mesh/control/nearest_keeper.h"
#include "mesh/control/planner.h"
#include "mesh/control/proxy_gate.h"
#include "mesh/control/services_api.h"
#include "mesh/control/shared_state.h"
#include "mesh/resource/operators.h"
#include "mesh/resource/resource_store.h"
#include "mesh/resource/rest.h"
#include "mesh/resource/watched_directory.h"
#include "mesh/sync/node.h"
#include "mesh/xds/server.h"
#include "net/secret.h"

namespace clew {
namespace {

Result<mesh::IdentityOptions> identity_options(const MeshConfig& config) {
  using mesh::identity::KeyProtection;
  mesh::IdentityOptions options{.directory = config.data, .from_elsewhere = config.mode == "zone"};
  if (!config.ca_passphrase_file.empty())
    options.protection = KeyProtection::passphrase(net::Secret::in_file(config.ca_passphrase_file));
  if (config.ca_plaintext_keys) options.protection = KeyProtection::none();
  if (config.ca_cert_file.empty()) return options;
  auto certificates = file_text(config.ca_cert_file);
  if (!certificates) return std::unexpected(certificates.error());
  auto key = file_text(config.ca_key_file);
  if (!key) return std::unexpected(key.error());
  options.provided.push_back(
      {.certificates = *std::move(certificates),
       .key = *std::move(key),
       .key_protection = options.protection.value_or(KeyProtection::none())});
  return options;
}

Result<void> make_directory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return fail(Code::kIo, "cannot make {}: {}", path, error.message());
  std::filesystem::permissions(path, std::filesystem::perms::owner_all, error);
  return {};
}

std::string name_of(const MeshConfig& config) {
  if (!config.name.empty()) return config.name;
  std::array<char, 256> host = {};
  gethostname(host.data(), host.size() - 1);
  return fmt::format("{}:{}", host.data(), config.xds->port);
}

/// How this one talks to others.
Result<mesh::sync::NodeOptions> node_options(const MeshConfig& config) {
  mesh::sync::NodeOptions options{
      .name = name_of(config), .zone = config.zone, .zone_tokens = config.zone_tokens};
  if (!config.sync_token_file.empty()) options.token = net::Secret::in_file(config.sync_token_file);
  for (const std::string* list : {&config.global, &config.peers}) {
    auto urls = control_plane_urls(*list);
    if (!urls) return std::unexpected(urls.error());
    for (const ControlPlaneUrl& url : *urls) {
      net::GrpcClientOptions client{.target = net::Address{url.host, url.port}.to_string(),
                                    .max_message_bytes = mesh::sync::kMessageBytes};
      if (url.tls) client.tls = net::ClientTls{.files = config.sync_tls};
      options.callees.push_back({url.text, list == &config.global, std::move(client)});
    }
  }
  return options;
}

/// Everything a control plane consists of, in the order in which it depends on each other.
class ControlPlane {
 public:
  explicit ControlPlane(const MeshConfig& config) : config_(config) {}
  /// The planner asks those for secrets who tell it of changes, and so go before it.
  ~ControlPlane() {
    if (planner_) planner_->stop();
  }

  Result<void> open() {
    const Clock& clock = Clock::system();
    if (auto made = make_directory(config_.data); !made) return made;
    auto store = mesh::ResourceStore::open(config_.data + "/mesh.db", clock);
    if (!store) return std::unexpected(store.error());
    store_ = *std::move(store);
    auto operators = mesh::OperatorTokens::open(config_.data + "/mesh.db", clock);
    if (!operators) return std::unexpected(operators.error());
    operators_ = *std::move(operators);
    auto gate = mesh::ProxyGate::open(config_.data, config_.proxy_tokens, *store_, clock);
    if (!gate) return std::unexpected(gate.error());
    gate_ = *std::move(gate);
    auto options = identity_options(config_);
    if (!options) return std::unexpected(options.error());
    debug_tokens_ = std::make_unique<mesh::DebugTokens>(config_.data, options->protection, *store_,
                                                        clock, options->from_elsewhere);
    identities_ = std::make_unique<mesh::Identities>(*std::move(options), clock);
    store_->set_check(
        [this](const mesh::Resource& resource) { return identities_->check(resource); });
    // What was right when it was applied, by a control plane that was started otherwise.
    for (const mesh::ResourcePtr& each : store_->world()->of("Mesh"))
      if (auto right = identities_->check(*each); !right)
        log::warn("mesh: {}", right.error().message);
    xds_ = std::make_unique<mesh::xds::XdsServer>(mesh::xds::XdsServer::Options{
        .on_connect = [this](const mesh::xds::Node& node, std::string_view authorization,
                             std::string_view) { return gate_->admit(node.id, authorization); }});
    planner_ = std::make_unique<mesh::Planner>(
        *xds_, [this](const mesh::ProxyConfig& proxy) { return identities_->secrets(proxy); },
        [this](const std::string& mesh) { return debug_tokens_->public_keys(mesh); });
    identities_->on_change([this](std::set<std::string> identities) {
      planner_->renew_secrets(std::move(identities));
    });
    if (config_.mode != "standalone")
      if (auto joined = join(); !joined) return joined;
    store_->watch([this](std::shared_ptr<const mesh::World> world) {
      if (node_) node_->update(world);
      planner_->update(std::move(world));
    });
    // First, so that what edges get is made once.
    nearest_ =
        std::make_unique<mesh::NearestKeeper>(config_.data, *store_, *gate_, *planner_, clock);
    planner_->update(store_->world());
    if (shared_) shared_->start();
    metrics_.push_back(mesh::add_nearest_metrics(*nearest_));
    if (config_.resources.empty()) return {};
    auto watched = mesh::WatchedDirectory::start(config_.resources, *store_);
    if (!watched) return std::unexpected(watched.error());
    watched_ = *std::move(watched);
    return {};
  }

  Result<void> listen() {
    // Proxies must not be told half of it.
    planner_->wait_until_idle();
    net::GrpcMethods methods;
    xds_->add_to(methods);
    nearest_->add_to(methods);
    if (node_) node_->add_to(methods);
    net::HttpRoutes routes;
    auto authenticate =
        mesh::authenticate_by(*operators_, config_.operator_tokens, "anyone on this machine");
    mesh::add_rest(routes, *store_, *operators_, authenticate);
    mesh::ProxyElsewhere elsewhere;
    if (shared_) elsewhere = [this](const mesh::ResourceKey& key) { return shared_->proxy(key); };
    mesh::add_inspection(routes, *store_, *planner_, *xds_, *identities_, authenticate, elsewhere);
    mesh::add_control_plane_api(routes, *store_, node_.get(), authenticate);
    mesh::add_services_api(routes, *store_, authenticate);
    mesh::add_nearest_api(routes, *store_, *nearest_, authenticate);
    mesh::add_identity_api(routes, *store_, *identities_, *gate_, authenticate);
    mesh::add_debug_token_api(routes, *store_, *debug_tokens_, authenticate);
    api::add_health(routes, [] { return std::string(); });
    return in_order(
        [&] { return proxies_.start_grpc("xDS", "--xds", config_.xds, std::move(methods)); },
        [&] {
          return people_.start_http("Mesh API", "--http", config_.http, net::HttpErrorForm::kJson,
                                    std::move(routes));
        });
  }

  /// Becomes one of several control planes.
  Result<void> join() {
    auto options = node_options(config_);
    if (!options) return std::unexpected(options.error());
    auto node = mesh::sync::Node::open(*std::move(options), *store_, Clock::system());
    if (!node) return std::unexpected(node.error());
    node_ = *std::move(node);
    shared_ = std::make_unique<mesh::SharedState>(mesh::SharedState::Parts{
        *node_, *store_, *gate_, *identities_, *debug_tokens_, *planner_, *xds_, Clock::system()});
    metrics_.push_back(mesh::add_control_plane_metrics(*node_));
    return {};
  }

  void stop() {
    ShutdownTime time(config_.common.shutdown_timeout);
    people_.stop(time.half());
    watched_.reset();
    proxies_.stop(time.end());
    metrics_.clear();
    node_.reset();
    store_->watch(nullptr);
  }

 private:
  const MeshConfig& config_;
  std::unique_ptr<mesh::ResourceStore> store_;
  std::unique_ptr<mesh::OperatorTokens> operators_;
  std::unique_ptr<mesh::ProxyGate> gate_;
  std::unique_ptr<mesh::xds::XdsServer> xds_;
  std::unique_ptr<mesh::DebugTokens> debug_tokens_;  // asked by the planner, so it goes last
  std::unique_ptr<mesh::Planner> planner_;
  std::unique_ptr<mesh::NearestKeeper> nearest_;  // tells the planner, so it goes first
  std::unique_ptr<mesh::Identities> identities_;  // tells the planner, so it goes first
  std::unique_ptr<mesh::SharedState> shared_;
  std::unique_ptr<mesh::sync::Node> node_;  // tells all of them, so it goes first
  std::vector<std::shared_ptr<void>> metrics_;
  std::unique_ptr<mesh::WatchedDirectory> watched_;
  Listeners proxies_{config_.common, {.request_bytes = limits::kXdsRequestBytes}};
  Listeners people_{config_.common};
};

}  // namespace

Result<void> run_mesh(const MeshConfig& config) {
  limit_allocator(8);  // with fewer, threads that compose wait for each other
  ControlPlane plane(config);
  auto started = in_order([&] { return plane.open(); }, [&] { return plane.listen(); });
  if (!started) return started;
  IdleTrimmer trimmer;  // JSON of a whole mesh comes and goes
  log::info("control plane in {}", config.data);
  wait_for_stop();
  plane.stop();
  log::info("stopped");
  return {};
}

}  // namespace clew
