// A global control plane and three zones with two each, in one process, from a seed: a network that
// delays and parts them, restarts, lost disks, clocks that are wrong. Every configuration that a
// proxy gets meanwhile is looked at; in the end all that should be equal is. A seed that fails is
// printed: CLEW_SEED=… replays it alone. CLEW_THOROUGH=1 tries many more.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mesh/compose/composer.h"
#include "mesh/envoy_api/envoy_api.h"
#include "mesh/sync/member.h"
#include "mesh/sync/summary.h"
#include "mesh/sync/view.h"

namespace clew::mesh::sync {
namespace {

const uint64_t kSeeds = std::getenv("CLEW_THOROUGH") != nullptr ? 1000 : 60;
constexpr UnixNanos kBegin = 1'800'000'000'000'000'000;
const std::vector<std::string> kZones = {"fra", "sin", "was"};

/// Throws dice; the same for the same seed everywhere.
class Dice {
 public:
  explicit Dice(uint64_t seed) : engine_(seed) {}
  size_t below(size_t limit) { return engine_() % limit; }
  bool chance(size_t percent) { return below(100) < percent; }
  template <typename List>
  auto& one_of(List& list) {
    return list[below(list.size())];
  }

 private:
  std::mt19937_64 engine_;
};

class WrongClock final : public Clock {
 public:
  explicit WrongClock(const Millis& time) : time_(time) {}
  UnixNanos now() const override {
    return kBegin + static_cast<UnixNanos>(((time_ + skew) / Millis(1)) * 1'000'000);
  }
  Millis skew{0};

 private:
  const Millis& time_;
};

/// What survives a restart.
struct Disk {
  std::map<std::string, Replica> replicas;
  std::shared_ptr<const World> world = std::make_shared<World>();
};

struct Node {
  Node(Party p, const Millis& time) : party(std::move(p)), clock(time) {}

  void start() {
    member = std::make_unique<Member>(
        party, clock,
        [this](const std::string& scope, const Step& step) {
          replace(effect_of(party, *disk.world, member->replicas(), scope, step));
          disk.replicas[scope].apply(step);
          return Result<void>();
        },
        disk.replicas);
  }

  void replace(const Replacement& with) {
    std::set<ResourceKey> gone(with.gone.begin(), with.gone.end());
    std::vector<ResourcePtr> all;
    for (const ResourcePtr& each : disk.world->all())
      if (!gone.contains(each->key)) all.push_back(each);
    for (const Resource& each : with.put) {
      ResourcePtr before = disk.world->find(each.key);
      bool same = before && before->body == each.body && before->labels == each.labels;
      if (!same) all.push_back(std::make_shared<Resource>(each));
    }
    disk.world = std::make_shared<World>(disk.world->revision() + 1, std::move(all));
    if (replaced) replaced();
  }

  Party party;
  WrongClock clock;
  Disk disk;
  std::unique_ptr<Member> member;  // null while it is down
  std::function<void()> replaced;  // called with each new World
};

/// What the proxies of a control plane have, from World to World.
struct Proxies {
  std::shared_ptr<const World> world;
  std::unique_ptr<Composer> composer;
  std::map<ResourceKey, ProxyConfig> configs;
};

/// One stream between two nodes: what each side has sent and the other has not got.
struct Wire {
  struct End {
    Node* node = nullptr;
    Member::Link link = 0;
    bool open = false;
    std::deque<std::pair<Millis, std::string>> coming;  // when, at the earliest
    Millis closes{-1};                                  // when it learns that the other has closed
  };
  End ends[2];
};

class Simulation {
 public:
  explicit Simulation(uint64_t seed) : dice_(seed) {
    add({"", "global", Mode::kGlobal, ""});
    for (const std::string& zone : kZones)
      for (int i = 1; i <= 2; ++i) add({"", fmt::format("{}-{}", zone, i), Mode::kZone, zone});
    for (auto& node : nodes_) {
      // The global one has no proxies here.
      if (node->party.mode == Mode::kZone)
        node->replaced = [this, &node = *node] { look_at(node); };
      node->start();
    }
    write_mesh();
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) {
      disturb();
      change();
      pass(Millis(dice_.below(3000)));
    }
  }

  size_t looked_at() const { return looked_at_; }

  /// Everybody can talk to everybody again, for long enough.
  void heal() {
    parted_.clear();
    for (auto& node : nodes_) {
      if (!node->member) node->start();
      node->clock.skew = Millis(0);
    }
    write_mesh();
    pass(Millis(60'000));
  }

  void expect_agreement() {
    for (size_t i = 1; i < nodes_.size(); ++i) {
      Node &global = *nodes_[0], &node = *nodes_[i];
      for (const std::string& scope : {std::string(kEverywhere), node.party.zone})
        EXPECT_EQ(living(node, scope), living(global, scope)) << node.party.name << " " << scope;
    }
    for (auto& node : nodes_) {
      EXPECT_EQ(texts(*node->disk.world), texts(*anew(*node))) << node->party.name;
    }
    for (size_t i = 1; i < nodes_.size(); i += 2) {
      EXPECT_EQ(texts(*nodes_[i]->disk.world), texts(*nodes_[i + 1]->disk.world));
    }
    expect_summaries();
  }

 private:
  void add(Party party) {
    party.id = fmt::format("{:016x}", ++last_id_);
    nodes_.push_back(std::make_unique<Node>(std::move(party), time_));
  }

  // What happens to them.

  void disturb() {
    auto pair = std::pair(dice_.below(nodes_.size()), dice_.below(nodes_.size()));
    if (pair.first > pair.second) std::swap(pair.first, pair.second);
    if (dice_.chance(10)) parted_.insert(pair);
    if (dice_.chance(10) && !parted_.empty()) parted_.erase(parted_.begin());
    Node& node = *dice_.one_of(nodes_);
    if (dice_.chance(4))
      node.clock.skew = Millis(static_cast<int>(dice_.below(1'200'000)) - 600'000);
    if (dice_.chance(4)) stop(node);
    if (dice_.chance(1) && node.party.mode == Mode::kZone) {
      stop(node);
      node.disk = {};
      node.party.id = fmt::format("{:016x}", ++last_id_);
    }
    for (auto& each : nodes_)
      if (!each->member && dice_.chance(20)) each->start();
    if (dice_.chance(5) && node.member) {
      auto done = node.member->forget_deleted(std::chrono::seconds(dice_.below(30)));
      EXPECT_TRUE(done.has_value());
    }
  }

  void stop(Node& node) {
    node.member.reset();
    for (auto& wire : wires_)
      for (int side : {0, 1})
        if (wire->ends[side].node == &node && std::exchange(wire->ends[side].open, false))
          wire->ends[1 - side].closes = time_ + Millis(dice_.below(200));
  }

  /// A person does something, where that can be done.
  void change() {
    Node& node = *dice_.one_of(nodes_);
    if (!node.member) return;
    if (node.party.mode == Mode::kGlobal) return change_global(node);
    std::string name = fmt::format("{}-{}", node.party.zone, dice_.below(6));
    if (dice_.chance(10)) name = "shared-name";
    std::string content = dice_.chance(25) ? "" : dataplane(node.party.zone, name);
    write(node, node.party.zone, {"Dataplane", "default", name}, content);
  }

  void change_global(Node& node) {
    if (dice_.chance(4)) return write(node, "", {"Mesh", "", "default"}, "");
    if (dice_.chance(30)) return write_mesh();
    std::string name = fmt::format("route-{}", dice_.below(3));
    write(node, "", {"MeshHTTPRoute", "default", name}, dice_.chance(25) ? "" : route(name));
  }

  void write_mesh() {
    if (nodes_[0]->member)
      write(*nodes_[0], "", {"Mesh", "", "default"}, R"({"type":"Mesh","name":"default"})");
  }

  void write(Node& node, const std::string& scope, const ItemKey& key, const std::string& content) {
    ASSERT_TRUE(node.member->write(scope, {{key, content}}).has_value());
  }

  std::string dataplane(const std::string& zone, const std::string& name) {
    size_t place = static_cast<size_t>(std::ranges::find(kZones, zone) - kZones.begin());
    Json json = {{"type", "Dataplane"},
                 {"mesh", "default"},
                 {"name", name},
                 {"labels", {{"kuma.io/zone", zone}}}};
    Json& networking = json["networking"];
    if (name.ends_with("-0") || name.ends_with("-1")) {
      bool edge = name.ends_with("-1");
      if (edge) json["labels"]["clew.io/edge"] = "edge-" + zone;
      networking["address"] = fmt::format("192.0.2.{}", place);
      networking["gateway"] = {
          {"type", edge ? "EDGE" : "INGRESS"},
          {"listeners", Json::array({{{"port", edge ? 80 : 15443}, {"protocol", "HTTP"}}})}};
      return json.dump();
    }
    networking["address"] = fmt::format("10.{}.0.{}", place, dice_.below(200));
    networking["inbound"] =
        Json::array({{{"port", 15001},
                      {"state", dice_.chance(80) ? "Ready" : "NotReady"},
                      {"tags", {{"kuma.io/service", fmt::format("app-{}", dice_.below(5))}}}}});
    networking["outbound"] = Json::array({{{"port", 15002}, {"tags", {{"kuma.io/service", "*"}}}}});
    return json.dump();
  }

  std::string route(const std::string& name) {
    Json backend = {{"kind", "MeshService"}, {"name", fmt::format("app-{}", dice_.below(7))}};
    Json rule = {{"name", "GET /"}, {"default", {{"backendRefs", Json::array({backend})}}}};
    Json to = {{"targetRef", {{"kind", "Mesh"}}},
               {"hostnames", Json::array({name + ".example.com"})},
               {"rules", Json::array({rule})}};
    Json spec = {{"targetRef", {{"kind", "MeshGateway"}, {"name", "clew-edge"}}},
                 {"to", Json::array({to})}};
    return Json{{"type", "MeshHTTPRoute"}, {"mesh", "default"}, {"name", name}, {"spec", spec}}
        .dump();
  }

  // The network.

  bool is_parted(const Node& a, const Node& b) const {
    auto index = [&](const Node& node) {
      return static_cast<size_t>(std::ranges::find(nodes_, &node, &std::unique_ptr<Node>::get) -
                                 nodes_.begin());
    };
    size_t one = index(a), other = index(b);
    return parted_.contains({std::min(one, other), std::max(one, other)});
  }

  void pass(Millis time) {
    for (Millis end = time_ + time; time_ < end;) {
      time_ += Millis(250);
      connect();
      for (auto& wire : wires_) deliver(*wire);
      std::erase_if(wires_,
                    [](const auto& wire) { return !wire->ends[0].open && !wire->ends[1].open; });
      summarize();
      for (auto& node : nodes_)
        if (node->member)
          for (Member::Link link : node->member->advance(time_)) hang_up(*node, link);
    }
  }

  /// Zones call the global one; of two control planes of a zone one calls the other, or each does.
  void connect() {
    for (auto& caller : nodes_)
      for (auto& called : nodes_) {
        bool calls = caller->party.mode == Mode::kZone && caller != called &&
                     (called->party.mode == Mode::kGlobal ||
                      (called->party.zone == caller->party.zone &&
                       (caller->party.zone != "sin" || caller < called)));
        if (!calls || !caller->member || !called->member || is_parted(*caller, *called)) continue;
        bool there = std::ranges::any_of(wires_, [&](const auto& wire) {
          return wire->ends[0].node == caller.get() && wire->ends[1].node == called.get() &&
                 wire->ends[0].open;
        });
        if (!there && dice_.chance(20)) call(*caller, *called);
      }
  }

  void call(Node& caller, Node& called) {
    wires_.push_back(std::make_unique<Wire>());
    Wire& wire = *wires_.back();
    Node* nodes[2] = {&caller, &called};
    for (int side : {0, 1}) {
      Wire::End &end = wire.ends[side], &other = wire.ends[1 - side];
      end.node = nodes[side];
      end.open = true;
      Channel channel{.called_by_us = side == 0, .send = [this, &other](std::string bytes) {
                        Millis earliest = time_ + Millis(dice_.below(400));
                        if (!other.coming.empty())
                          earliest = std::max(earliest, other.coming.back().first);
                        other.coming.emplace_back(earliest, std::move(bytes));
                        return true;
                      }};
      end.link = end.node->member->open(std::move(channel), time_);
    }
  }

  void deliver(Wire& wire) {
    if (is_parted(*wire.ends[0].node, *wire.ends[1].node)) return;
    for (int side : {0, 1}) {
      Wire::End& end = wire.ends[side];
      while (end.open && !end.coming.empty() && end.coming.front().first <= time_) {
        std::string bytes = std::move(end.coming.front().second);
        end.coming.pop_front();
        auto taken = end.node->member->receive(end.link, bytes, time_);
        EXPECT_TRUE(taken.has_value()) << taken.error().message;
      }
      if (end.open && end.closes >= Millis(0) && end.closes <= time_) {
        end.open = false;
        end.node->member->close(end.link, {});
      }
    }
  }

  void hang_up(Node& node, Member::Link link) {
    node.member->close(link, fail(Code::kTimeout, "silent"));
    for (auto& wire : wires_)
      for (int side : {0, 1})
        if (Wire::End& end = wire->ends[side]; end.node == &node && end.link == link && end.open) {
          end.open = false;
          wire->ends[1 - side].closes = time_ + Millis(dice_.below(200));
        }
  }

  /// As the global control plane does after every change.
  void summarize() {
    Node& global = *nodes_[0];
    if (!global.member || global.disk.world == summarized_) return;
    summarized_ = global.disk.world;
    Contents wanted = summary_of(*summarized_);
    for (const auto& [key, item] : global.member->replica("").items())
      if (key.kind == kZoneService || key.kind == kZoneIngress) wanted.try_emplace(key);
    ASSERT_TRUE(global.member->write("", wanted).has_value());
  }

  // What is to hold.

  static std::map<ItemKey, std::string> living(const Node& node, const std::string& scope) {
    std::map<ItemKey, std::string> all;
    for (const auto& [key, item] : node.member->replica(scope).items())
      if (!item->deleted()) all[key] = item->content;
    return all;
  }

  static std::vector<std::string> texts(const World& world) {
    std::vector<std::string> all;
    for (const ResourcePtr& each : world.all())
      all.push_back(fmt::format("{} {} {} {}", each->key.kind, each->key.name,
                                Json(each->labels).dump(), each->body.dump()));
    return all;
  }

  /// The World as it would be if all had come at once.
  static std::shared_ptr<const World> anew(const Node& node) {
    Node other(node.party, node.clock.skew);
    Replicas so_far;
    for (const auto& [scope, replica] : node.member->replicas()) {
      Step step;
      for (const auto& [key, item] : replica.items()) step.written.push_back(item);
      other.replace(effect_of(node.party, *other.disk.world, so_far, scope, step));
      so_far[scope] = replica;
    }
    return other.disk.world;
  }

  void expect_summaries() {
    Catalog all(*nodes_[0]->disk.world, "default");
    for (size_t i = 1; i < nodes_.size(); ++i) {
      Catalog here(*nodes_[i]->disk.world, "default");
      for (const auto& [name, service] : all.services()) {
        auto counts = service.ready();
        const Service* known = here.service(name);
        EXPECT_EQ(counts, known == nullptr ? decltype(counts){} : known->ready())
            << nodes_[i]->party.name << " " << name;
      }
      EXPECT_EQ(here.ingresses().size(), all.ingresses().size());
    }
  }

  /// Composes what the node's proxies get of its new World: nothing in it may point to what is not
  /// there, nor to single instances of other zones.
  void look_at(const Node& node) {
    const World& world = *node.disk.world;
    Proxies& proxies = proxies_[&node];
    if (!world.find({"Mesh", "", "default"})) {
      EXPECT_TRUE(world.of("Dataplane", "default").empty());
      proxies = {};
      return;
    }
    MeshChanges changes = changes_of("default", proxies.world.get(), world);
    static xds::ResourceCache cache;
    if (proxies.composer)
      proxies.composer->advance(node.disk.world, changes);
    else
      proxies.composer = std::make_unique<Composer>(node.disk.world, "default", cache);
    proxies.world = node.disk.world;
    auto before = std::exchange(proxies.configs, {});
    for (const ResourcePtr& dataplane : world.of("Dataplane", "default")) {
      auto known = before.find(dataplane->key);
      auto config =
          proxies.composer->compose(dataplane, known == before.end() ? nullptr : &known->second);
      ASSERT_TRUE(config.has_value()) << config.error().message;
      look_at(node, dataplane->key.name, *config);
      proxies.configs.emplace(dataplane->key, *std::move(config));
    }
  }

  void look_at(const Node& node, const std::string& name, const ProxyConfig& config) {
    std::set<std::pair<PieceType, std::string>> there, wanted;
    for (const Piece& piece : config.pieces()) {
      there.emplace(piece.type, piece.name());
      const Mentions& mentions = mentions_of(piece);
      wanted.insert(mentions.names.begin(), mentions.names.end());
      if (piece.type == PieceType::kEndpoints) expect_no_strangers(node, mentions.addresses);
    }
    for (const auto& each : wanted)
      EXPECT_TRUE(there.contains(each))
          << name << " has no " << name_of(each.first) << " " << each.second;
    looked_at_ += wanted.size();
  }

  void expect_no_strangers(const Node& node, const std::set<std::string>& addresses) {
    for (size_t place = 0; place < kZones.size(); ++place)
      for (const std::string& address : addresses)
        EXPECT_TRUE(kZones[place] == node.party.zone ||
                    !address.starts_with(fmt::format("10.{}.", place)))
            << node.party.name << " sends to " << address;
  }

  /// What a piece says of others, and the addresses in it.
  struct Mentions {
    std::set<std::pair<PieceType, std::string>> names;
    std::set<std::string> addresses;
  };

  static const Mentions& mentions_of(const Piece& piece) {
    static std::map<xds::XdsResourcePtr, Mentions> known;
    auto [found, is_new] = known.try_emplace(piece.resource);
    if (is_new)
      note(envoy_api::json_of(type_url_of(piece.type), piece.resource->message()).value(),
           piece.type, found->second);
    return found->second;
  }

  static void note(const Json& json, PieceType type, Mentions& mentions) {
    if (json.is_array())
      for (const Json& each : json) note(each, type, mentions);
    if (!json.is_object()) return;
    for (const auto& [name, value] : json.items()) {
      if (type == PieceType::kRoutes && name == "cluster" && value.is_string())
        mentions.names.emplace(PieceType::kCluster, value);
      if (name == "route_config_name") mentions.names.emplace(PieceType::kRoutes, value);
      if (type == PieceType::kCluster && name == "eds_cluster_config")
        mentions.names.emplace(PieceType::kEndpoints,
                               value.value("service_name", json.value("name", "")));
      if (name == "address" && value.is_string()) mentions.addresses.insert(value);
      note(value, type, mentions);
    }
  }

  Dice dice_;
  Millis time_{0};
  uint64_t last_id_ = 0;
  std::vector<std::unique_ptr<Node>> nodes_;  // the global one first, then in pairs
  std::vector<std::unique_ptr<Wire>> wires_;
  std::set<std::pair<size_t, size_t>> parted_;
  std::map<const Node*, Proxies> proxies_;
  std::shared_ptr<const World> summarized_;
  size_t looked_at_ = 0;  // names of pieces in others
};

/// Returns how many names of pieces it has looked at.
size_t simulate(uint64_t seed) {
  SCOPED_TRACE(fmt::format("CLEW_SEED={}", seed));
  Simulation simulation(seed);
  simulation.run(50);
  simulation.heal();
  simulation.expect_agreement();
  return simulation.looked_at();
}

TEST(Simulation, ControlPlanesAgreeWhateverHappens) {
  const char* seed = std::getenv("CLEW_SEED");
  if (seed != nullptr) {
    simulate(std::strtoull(seed, nullptr, 10));
    return;
  }
  size_t looked_at = 0;
  for (uint64_t each = 1; each <= kSeeds && !HasFailure(); ++each) looked_at += simulate(each);
  EXPECT_GT(looked_at, kSeeds * 100);
}

}  // namespace
}  // namespace clew::mesh::sync
