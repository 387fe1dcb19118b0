#include "mesh/control/planner.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/log.h"
#include "base/parallel.h"
#include "base/thread_name.h"

namespace clew::mesh {
namespace {

/// The meshes of either World.
std::set<std::string> meshes_of(const World* before, const World& after) {
  std::set<std::string> names;
  for (const World* world : {before, &after})
    if (world != nullptr)
      for (const ResourcePtr& mesh : world->of("Mesh")) names.insert(mesh->key.name);
  return names;
}

/// Whether the proxy is to be composed anew, beside its endpoints.
bool asks_for_all(const MeshChanges& changes, const ProxyConfig& known) {
  if (changes.everything) return true;
  auto concerns = [&](const ResourcePtr& policy) { return may_concern(*policy, known.proxy); };
  if (std::ranges::any_of(changes.policies, concerns)) return true;
  if (!changes.shape) return false;
  return known.proxy.kind == ProxyKind::kIngress || known.all_services ||
         std::ranges::any_of(changes.services, [&](const std::string& service) {
           return known.services.contains(service);
         });
}

/// Equal pieces are the same ones: the cache sees to that.
bool is_same(const ProxyConfig& before, const ProxyConfig& after) {
  auto same = [](const std::vector<Piece>& one, const std::vector<Piece>& other) {
    return std::ranges::equal(one, other, {}, &Piece::resource, &Piece::resource);
  };
  return before.mtls == after.mtls && before.provided == after.provided &&
         before.identity == after.identity && before.trusted == after.trusted &&
         same(before.own, after.own) && same(before.shared, after.shared) &&
         same(before.of_services, after.of_services);
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

Planner::Planner(xds::XdsServer& server, Secrets secrets, DebugKeys debug_keys)
    : server_(server),
      secrets_(std::move(secrets)),
      debug_keys_(std::move(debug_keys)),
      thread_([this] { run(); }) {}

Planner::~Planner() {
  stop();
}

void Planner::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Planner::update(std::shared_ptr<const World> world) {
  std::lock_guard lock(mutex_);
  newest_ = std::move(world);
  changed_.notify_all();
}

void Planner::update_routing(RoutingPtr routing) {
  std::lock_guard lock(mutex_);
  newest_routing_ = std::move(routing);
  changed_.notify_all();
}

void Planner::renew_debug_key(const std::string& mesh) {
  std::lock_guard lock(mutex_);
  rekeyed_.insert(mesh);
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

std::vector<std::string> Planner::reached_by(const ResourceKey& resource) const {
  std::string origin = resource.kind + " " + resource.name;
  auto comes_from = [&](const Piece& piece) {
    const auto& origins = piece.resource->origin();
    return std::ranges::find(origins, origin) != origins.end();
  };
  std::vector<std::string> names;
  std::lock_guard lock(mutex_);
  for (const auto& [id, planned] : proxies_) {
    if (!planned.config) continue;
    const ResourceKey& dataplane = planned.config->proxy.dataplane->key;
    if (dataplane.mesh == resource.mesh &&
        (std::ranges::any_of(planned.config->own, comes_from) ||
         std::ranges::any_of(planned.config->shared, comes_from) ||
         std::ranges::any_of(planned.config->of_services, comes_from)))
      names.push_back(dataplane.name);
  }
  return names;
}

/// With the lock held.
bool Planner::nothing_to_do() const {
  return !busy_ && !newest_ && !newest_routing_ && !renewed_ && rekeyed_.empty();
}

bool Planner::is_idle() const {
  std::lock_guard lock(mutex_);
  return nothing_to_do();
}

void Planner::wait_until_idle() const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return nothing_to_do(); });
}

void Planner::run() {
  name_thread("mesh-planner");
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] {
      return stopping_ || newest_ || newest_routing_ || renewed_ || !rekeyed_.empty();
    });
    if (stopping_) return;
    auto world = std::exchange(newest_, nullptr);
    auto routing = std::exchange(newest_routing_, nullptr);
    auto renewed = std::exchange(renewed_, std::nullopt);
    anew_ = std::exchange(rekeyed_, {});
    std::vector<std::pair<std::string, std::shared_ptr<const ProxyConfig>>> again;
    if (renewed)
      for (const auto& [id, planned] : proxies_)
        if (planned.config && planned.config->mtls &&
            (renewed->empty() || renewed->contains(planned.config->identity)))
          again.emplace_back(id, planned.config);
    busy_ = true;
    lock.unlock();
    if (world || routing || !anew_.empty())
      plan(world ? world : planned_, routing ? routing : planned_routing_);
    if (!again.empty()) ++revision_;
    // Not those that were just made anew, and have their secrets: the old would take the new one's
    // place.
    for (auto& [id, known] : again)
      if (config(id) == known) publish(id, known);
    lock.lock();
    busy_ = false;
    changed_.notify_all();
  }
}

void Planner::plan(const std::shared_ptr<const World>& world, const RoutingPtr& routing) {
  if (world) {
    ++revision_;
    for (const std::string& mesh : meshes_of(planned_.get(), *world))
      plan_mesh(mesh, world, routing);
    planned_ = world;
  }
  planned_routing_ = routing;
}

void Planner::plan_mesh(const std::string& mesh, const std::shared_ptr<const World>& world,
                        const RoutingPtr& routing) {
  MeshChanges changes = changes_of(mesh, planned_.get(), *world);
  if (routing) changes.routed = changes_of(planned_routing_.get(), *routing, mesh);
  if (anew_.contains(mesh)) {
    composers_.erase(mesh);
    changes.everything = true;
  }
  if (changes.none()) return;
  forget_gone(mesh, planned_.get(), *world);
  std::unique_ptr<Composer>& composer = composers_[mesh];
  if (composer)
    composer->advance(world, changes, routing);
  else
    composer = std::make_unique<Composer>(world, mesh, cache_,
                                          debug_keys_ ? debug_keys_(mesh) : std::string(), routing);
  bool other_endpoints = !changes.keep_catalog() || !changes.routed.empty();
  const std::set<ResourcePtr> anew(changes.dataplanes.begin(), changes.dataplanes.end());
  auto dataplanes = world->of("Dataplane", mesh);
  in_parallel(dataplanes.size(), [&](size_t i) {
    const ResourcePtr& dataplane = dataplanes[i];
    if (is_mirrored(*dataplane)) return;
    std::string id = proxy_id(dataplane->key);
    auto known = config(id);
    // What could not be made before lacks more than this change.
    if (!known || anew.contains(dataplane) || asks_for_all(changes, *known) || !problem(id).empty())
      compose(*composer, dataplane, known.get());
    else if (other_endpoints)
      reuse(*composer, id, *known, changes);
  });
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

void Planner::compose(const Composer& composer, const ResourcePtr& dataplane,
                      const ProxyConfig* known) {
  std::string id = proxy_id(dataplane->key);
  bool is_newest = problem(id).empty();
  auto config = composer.compose(dataplane, is_newest ? known : nullptr);
  if (!config) return note_problem(id, config.error());
  if (known != nullptr && is_newest && is_same(*known, *config)) return;
  publish(id, std::make_shared<const ProxyConfig>(*std::move(config)));
}

/// The same as before but for its endpoints; nothing at all if those are the same, too.
void Planner::reuse(const Composer& composer, const std::string& proxy, const ProxyConfig& known,
                    const MeshChanges& changes) {
  std::shared_ptr<ProxyConfig> next;
  for (size_t i = 0; i < known.of_services.size(); ++i) {
    const Piece& piece = known.of_services[i];
    if (piece.type != PieceType::kEndpoints) continue;
    if (changes.keep_endpoints(piece.name(), known.proxy.kind, known.proxy.place)) continue;
    auto now = composer.endpoints(piece.name(), known.proxy);
    if (!now) return note_problem(proxy, now.error());
    if (now->resource == piece.resource) continue;
    if (!next) next = std::make_shared<ProxyConfig>(known);
    next->of_services[i] = *std::move(now);
  }
  if (next) publish(proxy, std::move(next));
}

void Planner::publish(const std::string& proxy, std::shared_ptr<const ProxyConfig> config) {
  std::array<xds::Snapshot::List, static_cast<size_t>(PieceType::kHost) + 1> lists;
  auto add = [&](const Piece& piece) {
    lists[static_cast<size_t>(piece.type)].push_back(piece.resource);
  };
  std::ranges::for_each(config->of_services, add);
  std::ranges::for_each(config->shared, add);
  std::ranges::for_each(config->own, add);
  auto drafts = config->mtls ? secrets_(*config) : std::vector<Draft>{};
  Result<void> done;
  if (!drafts) done = std::unexpected(drafts.error());
  for (const Draft& draft : drafts ? *drafts : std::vector<Draft>{}) {
    auto made = Shelf(cache_).make(draft);
    made ? add(made->piece) : void(done = std::unexpected(made.error()));
  }
  {
    std::lock_guard lock(mutex_);
    Planned& planned = proxies_[proxy];
    planned.config = std::move(config);
    planned.problem.clear();
  }
  if (!done) return note_problem(proxy, done.error());
  std::map<std::string, xds::Snapshot::List, std::less<>> resources;
  for (size_t type = 0; type < lists.size(); ++type)
    if (!lists[type].empty())
      resources.emplace(type_url_of(static_cast<PieceType>(type)), std::move(lists[type]));
  server_.set(proxy, std::make_shared<xds::Snapshot>(revision_, std::move(resources)));
}

void Planner::note_problem(const std::string& proxy, const Error& error) {
  log::error("mesh: {} keeps what it has: {}", proxy, error.message);
  std::lock_guard lock(mutex_);
  proxies_[proxy].problem = error.message;
}

}  // namespace clew::mesh
