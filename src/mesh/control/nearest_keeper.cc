#include "mesh/control/nearest_keeper.h"

#include <chrono>
#include <utility>

#include "base/log.h"
#include "base/thread_name.h"
#include "mesh/compose/catalog.h"
#include "mesh/control/nearest_memory.h"

namespace clew::mesh {
namespace {

constexpr std::chrono::seconds kInterval{1};
constexpr uint32_t kLoadSeconds = 1;

/// The ingresses of a mesh.
std::string targets_of(const World& world, const std::string& mesh) {
  std::vector<Target> targets;
  Catalog catalog(world, mesh);
  for (const auto& [zone, ingress] : catalog.ingresses())
    if (targets.size() < kMostTargets) targets.push_back({zone, ingress.address, ingress.port});
  return write_targets(targets);
}

}  // namespace

Terrain terrain_of(const World& world) {
  Terrain terrain;
  for (const ResourcePtr& mesh : world.of("Mesh")) {
    Catalog catalog(world, mesh->key.name);
    for (const auto& [name, edge] : catalog.edges()) terrain.edges[name] = edge.coordinates;
    for (const auto& [zone, ingress] : catalog.ingresses())
      terrain.zones[zone] = catalog.zone(zone).coordinates;
    for (const auto& [name, service] : catalog.services()) {
      if (!(service.capacity() > 0)) continue;
      Terrain::LimitedService limited{catalog.mesh(), name, service.capacity(), {}};
      for (const auto& [zone, instances] : service.ready())
        if (catalog.ingresses().contains(zone)) limited.instances[zone] = instances;
      terrain.limited.push_back(std::move(limited));
    }
  }
  return terrain;
}

NearestKeeper::NearestKeeper(const std::string& directory, const ResourceStore& store,
                             const ProxyGate& gate, Planner& planner, const Clock& clock)
    : file_(Disk::system(), directory + "/nearest.json"),
      store_(store),
      gate_(gate),
      planner_(planner),
      clock_(clock) {
  look_at(store_.world());
  auto memory = read_memory(file_);
  if (memory)
    decider_.remember(*memory, clock_.now());
  else
    log::warn("mesh: which core locations edges used is not known: {}", memory.error().message);
  decide();
  thread_ = std::thread([this] { run(); });
}

NearestKeeper::~NearestKeeper() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

RoutingPtr NearestKeeper::routing() const {
  std::lock_guard lock(mutex_);
  return routing_;
}

void NearestKeeper::look_at(std::shared_ptr<const World> world) {
  decider_.set(terrain_of(*world));
  std::map<std::string, std::string> targets;
  for (const ResourcePtr& mesh : world->of("Mesh"))
    targets[mesh->key.name] = targets_of(*world, mesh->key.name);
  seen_ = std::move(world);
  std::lock_guard lock(mutex_);
  targets_ = std::move(targets);
}

void NearestKeeper::run() {
  name_thread("mesh-nearest");
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait_for(lock, kInterval, [this] { return stopping_ || urgent_; });
    if (stopping_) return;
    urgent_ = false;
    lock.unlock();
    decide();
    lock.lock();
  }
}

void NearestKeeper::decide() {
  if (auto world = store_.world(); world != seen_) look_at(std::move(world));
  RoutingPtr next = decider_.decide(clock_.now());
  {
    std::lock_guard lock(mutex_);
    if (next == routing_) return;
    routing_ = next;
  }
  planner_.update_routing(std::move(next));
  if (auto written = write_memory(file_, decider_.memory()); !written)
    log::error("mesh: after a restart edges may use other core locations: {}",
               written.error().message);
}

void NearestKeeper::nudge() {
  std::lock_guard lock(mutex_);
  urgent_ = true;
  changed_.notify_all();
}

void NearestKeeper::add_to(net::GrpcMethods& methods) {
  methods.unary(kReportMethod, [this](net::GrpcRequest request, net::GrpcResponder responder) {
    responder.send(receive(request));
  });
  methods.stream(kLoadMethod, [this](net::GrpcStream stream) { return open(std::move(stream)); });
}

Result<Proxy> NearestKeeper::edge_of(const std::string& node_id,
                                     std::string_view authorization) const {
  auto id = gate_.admit(node_id, authorization);
  if (!id) return std::unexpected(id.error());
  auto key = dataplane_of(*id);
  ResourcePtr dataplane = key ? store_.world()->find(*key) : nullptr;
  if (!dataplane) return fail(Code::kNotFound, "there is no Dataplane for \"{}\"", *id);
  Proxy proxy = proxy_of(dataplane);
  if (proxy.kind != ProxyKind::kEdge)
    return fail(Code::kInvalid, "{} is of kind {}: only edges report (leave --edge out)", *id,
                name_of(proxy.kind));
  return proxy;
}

Result<std::string> NearestKeeper::receive(const net::GrpcRequest& request) {
  auto report = read_report(request.body.view());
  if (!report) return std::unexpected(report.error());
  auto edge = edge_of(report->node_id, request.meta("authorization"));
  if (!edge) return std::unexpected(edge.error());
  bool fell_silent = false;
  for (const Finding& each : report->findings)
    fell_silent |= decider_.add_probes(edge->place, each.zone, report->node_id + " " + each.target,
                                       each.round_trips, clock_.now());
  if (fell_silent) nudge();
  std::lock_guard lock(mutex_);
  auto targets = targets_.find(edge->dataplane->key.mesh);
  return targets == targets_.end() ? std::string() : targets->second;
}

net::GrpcStreamHandler NearestKeeper::open(net::GrpcStream stream) {
  auto edge = std::make_shared<std::optional<Proxy>>();
  return {.on_message =
              [this, stream, edge](const SharedBytes& message) mutable {
                receive_load(stream, *edge, message);
              },
          .on_close = [] {}};
}

void NearestKeeper::receive_load(net::GrpcStream& stream, std::optional<Proxy>& edge,
                                 const SharedBytes& message) {
  auto report = read_load_report(message.view());
  if (!report) return stream.end(std::unexpected(report.error()));
  if (!edge) {
    auto admitted = edge_of(report->node_id.value_or(""), stream.meta("authorization"));
    if (!admitted) {
      log::warn("mesh: a load report from {} is refused: {}", stream.peer(),
                admitted.error().message);
      return stream.end(std::unexpected(admitted.error()));
    }
    edge = *std::move(admitted);
    stream.send(write_load_answer(kLoadSeconds));
  }
  if (report->seconds > 0)
    decider_.add_loads(edge->place, edge->dataplane->key.mesh, edge->dataplane->key.name,
                       report->loads, report->seconds, clock_.now());
}

}  // namespace clew::mesh
