#include "mesh/control/planner.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/thread_name.h"
#include "mesh/compose/cluster.h"
#include "mesh/control/world_changes.h"
#include "mesh/envoy_api/envoy_api.h"

namespace clew::mesh {
namespace {

std::vector<std::string> names_of(const std::vector<ResourceKey>& origins) {
  std::vector<std::string> names;
  for (const ResourceKey& key : origins) names.push_back(key.kind + " " + key.name);
  return names;
}

/// The meshes of either World.
std::set<std::string> meshes_of(const World* before, const World& after) {
  std::set<std::string> names;
  for (const World* world : {before, &after})
    if (world != nullptr)
      for (const ResourcePtr& mesh : world->of("Mesh")) names.insert(mesh->key.name);
  return names;
}

}  // namespace

std::string proxy_id(const ResourceKey& dataplane) {
  return dataplane.mesh + "." + dataplane.name;
}

std::optional<ResourceKey> dataplane_of(std::string_view proxy_id) {
  size_t dot = proxy_id.find('.');
  if (dot == proxy_id.npos || dot == 0 || dot + 1 == proxy_id.size()) return std::nullopt;
  return ResourceKey{"Dataplane", std::string(proxy_id.substr(0, dot)),
                     std::string(proxy_id.substr(dot + 1))};
}

Planner::Planner(xds::XdsServer& server, Secrets secrets)
    : server_(server), secrets_(std::move(secrets)), thread_([this] { run(); }) {}

Planner::~Planner() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Planner::update(std::shared_ptr<const World> world) {
  std::lock_guard lock(mutex_);
  newest_ = std::move(world);
  changed_.notify_all();
}

void Planner::renew_secrets(std::set<std::string> identities) {
  std::lock_guard lock(mutex_);
  if (!renewed_)
    renewed_ = std::move(identities);
  else if (identities.empty() || renewed_->empty())
    renewed_->clear();
  else
    renewed_->merge(identities);
  changed_.notify_all();
}

std::shared_ptr<const ProxyConfig> Planner::config(const std::string& proxy) const {
  std::lock_guard lock(mutex_);
  auto found = proxies_.find(proxy);
  return found == proxies_.end() ? nullptr : found->second.config;
}

std::string Planner::problem(const std::string& proxy) const {
  std::lock_guard lock(mutex_);
  auto found = proxies_.find(proxy);
  return found == proxies_.end() ? "" : found->second.problem;
}

void Planner::wait_until_idle() const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !busy_ && !newest_ && !renewed_; });
}

void Planner::run() {
  name_thread("mesh-planner");
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || newest_ || renewed_; });
    if (stopping_) return;
    auto world = std::exchange(newest_, nullptr);
    auto renewed = std::exchange(renewed_, std::nullopt);
    std::vector<std::pair<std::string, std::shared_ptr<const ProxyConfig>>> again;
    if (renewed)
      for (const auto& [id, planned] : proxies_)
        if (planned.config->mtls &&
            (renewed->empty() || renewed->contains(planned.config->identity)))
          again.emplace_back(id, planned.config);
    busy_ = true;
    lock.unlock();
    if (world) plan(world);
    if (!again.empty()) ++revision_;
    for (auto& [id, config] : again) publish(id, config, revision_);
    lock.lock();
    busy_ = false;
    changed_.notify_all();
  }
}

void Planner::plan(const std::shared_ptr<const World>& world) {
  ++revision_;
  for (const std::string& mesh : meshes_of(planned_.get(), *world))
    plan_mesh(mesh, planned_.get(), world);
  planned_ = world;
}

void Planner::plan_mesh(const std::string& mesh, const World* before,
                        const std::shared_ptr<const World>& world) {
  MeshChanges changes = changes_of(mesh, before, *world);
  if (changes.none()) return;
  forget_gone(mesh, before, *world);
  auto composer = std::make_shared<Composer>(world, mesh);
  auto previous = std::exchange(composers_[mesh], composer);
  auto dataplanes = world->of("Dataplane", mesh);
  if (changes.everything || !previous)
    return compose(*composer, {dataplanes.begin(), dataplanes.end()});
  for (const std::string& name : changes.services)
    if (!same_shape(previous->catalog().service(name), composer->catalog().service(name)))
      changes.shape = true;
  std::set<ResourcePtr> anew(changes.dataplanes.begin(), changes.dataplanes.end());
  std::vector<std::string> kept;
  for (const ResourcePtr& dataplane : dataplanes) {
    if (anew.contains(dataplane)) continue;
    std::string id = proxy_id(dataplane->key);
    auto known = config(id);
    bool all_services = known && (known->proxy.kind == ProxyKind::kIngress || known->all_services);
    bool touched = known && std::ranges::any_of(known->services, [&](const std::string& service) {
                     return changes.services.contains(service);
                   });
    if (!known || (changes.shape && (all_services || touched)))
      anew.insert(dataplane);
    else if (touched || changes.shape)
      kept.push_back(std::move(id));
  }
  for (const std::string& id : kept) reuse(*composer, id, revision_);
  compose(*composer, {anew.begin(), anew.end()});
}

void Planner::forget_gone(const std::string& mesh, const World* before, const World& world) {
  if (before == nullptr) return;
  for (const ResourcePtr& each : before->of("Dataplane", mesh)) {
    if (world.find(each->key)) continue;
    std::string id = proxy_id(each->key);
    server_.forget(id);
    std::lock_guard lock(mutex_);
    proxies_.erase(id);
  }
}

void Planner::compose(const Composer& composer, const std::vector<ResourcePtr>& dataplanes) {
  for (const ResourcePtr& dataplane : dataplanes)
    publish(proxy_id(dataplane->key), std::make_shared<ProxyConfig>(composer.compose(dataplane)),
            revision_);
}

/// The same as before but for its endpoints; nothing at all if those are the same, too.
void Planner::reuse(const Composer& composer, const std::string& proxy, uint64_t revision) {
  auto known = config(proxy);
  bool changed = false;
  auto next = std::make_shared<ProxyConfig>(*known);
  for (PiecePtr& piece : next->pieces) {
    if (piece->type != PieceType::kEndpoints) continue;
    PiecePtr now = composer.endpoints(piece->name);
    if (now->body == piece->body) continue;
    piece = std::move(now);
    changed = true;
  }
  if (changed) publish(proxy, std::move(next), revision);
}

void Planner::publish(const std::string& proxy, std::shared_ptr<const ProxyConfig> config,
                      uint64_t revision) {
  std::map<std::string, xds::Snapshot::List, std::less<>> resources;
  auto add = [&](const PiecePtr& piece) -> Result<void> {
    std::string_view type = type_url_of(piece->type);
    auto made = cache_.get(type, piece->name, piece->body, names_of(piece->origins));
    if (!made) return std::unexpected(made.error());
    resources[std::string(type)].push_back(*std::move(made));
    return {};
  };
  Result<void> done;
  for (const PiecePtr& piece : config->pieces)
    if (done) done = add(piece);
  if (done && config->mtls) {
    auto secrets = secrets_(*config);
    if (!secrets) done = std::unexpected(secrets.error());
    for (const PiecePtr& piece : secrets ? *secrets : std::vector<PiecePtr>{})
      if (done) done = add(piece);
  }
  if (!done) log::error("mesh: {} keeps what it has: {}", proxy, done.error().message);
  {
    std::lock_guard lock(mutex_);
    Planned& planned = proxies_[proxy];
    planned.config = std::move(config);
    planned.problem = done ? "" : done.error().message;
  }
  if (done) server_.set(proxy, std::make_shared<xds::Snapshot>(revision, std::move(resources)));
}

}  // namespace clew::mesh
