// Two control planes in one process, with databases and a stream over loopback.
#include "mesh/sync/node.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "mesh/sync/tables.h"
#include "net/grpc_server.h"

namespace clew::mesh::sync {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// A control plane's store and node, which may be started again.
class Plane {
 public:
  explicit Plane(NodeOptions options) : options_(std::move(options)) {
    std::string name = (fs::temp_directory_path() / "clew-node-XXXXXX").string();
    directory_ = mkdtemp(name.data());
    start();
  }
  ~Plane() {
    stop();
    fs::remove_all(directory_);
  }

  void start() {
    store = ResourceStore::open(directory_ + "/mesh.db", Clock::system()).value();
    node = Node::open(options_, *store, Clock::system()).value();
    store->watch([this](std::shared_ptr<const World> world) { node->update(std::move(world)); });
    net::GrpcMethods methods;
    node->add_to(methods);
    server_ = net::GrpcServer::start({.address = {"127.0.0.1", 0}}, std::move(methods)).value();
    node->start([](const std::string&, const std::vector<ItemPtr>&) {}, [] {});
  }
  void stop() {
    server_.reset();
    node.reset();
    store.reset();
  }
  uint16_t port() const { return server_->port(); }

  std::unique_ptr<ResourceStore> store;
  std::unique_ptr<Node> node;

 private:
  const NodeOptions options_;
  std::string directory_;
  std::unique_ptr<net::GrpcServer> server_;
};

bool becomes_true(const std::function<bool()>& condition) {
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

Resource resource(const std::string& kind, const std::string& name) {
  Resource made{{kind, kind == "Mesh" || kind == "Zone" ? "" : "default", name}, {}, {}};
  made.body = nlohmann::json::object();
  if (kind == "Dataplane")
    made.body = nlohmann::json::parse(
        R"({"networking": {"address": "10.0.0.1", "inbound": [{"port": 1, "tags": )"
        R"({"kuma.io/service": "shop"}}]}})");
  return made;
}

NodeOptions zone_options(uint16_t port, const std::string& token) {
  Callee callee{.url = "global", .client = {.target = fmt::format("127.0.0.1:{}", port)}};
  return {.name = "fra-1", .zone = "fra", .callees = {callee}, .token = net::Secret::of(token)};
}

TEST(Node, SharesResourcesOverAStreamAndAfterARestart) {
  Plane global({.name = "global", .zone = ""});
  ASSERT_TRUE(global.store->apply({{resource("Mesh", "default"), resource("Zone", "fra")}}, "me"));
  auto token = global.node->create_zone_token("fra", 0);
  ASSERT_TRUE(token.has_value()) << token.error().message;
  Plane fra(zone_options(global.port(), *token));
  auto has = [](Plane& plane, const ResourceKey& key) {
    return [&plane, key] { return plane.store->world()->find(key) != nullptr; };
  };
  ResourceKey shop{"Dataplane", "default", "shop-1"};
  ASSERT_TRUE(becomes_true(has(fra, {"Mesh", "", "default"})));
  ASSERT_TRUE(fra.store->apply({{resource("Dataplane", "shop-1")}}, "me"));
  ASSERT_TRUE(becomes_true(has(global, shop)));
  EXPECT_TRUE(is_mirrored(*global.store->world()->find(shop)));
  EXPECT_THAT(global.store->remove(shop, "me").error().message, HasSubstr("control plane of fra"));
  EXPECT_THAT(fra.store->apply({{resource("Zone", "was")}}, "me").error().message,
              HasSubstr("at the global one"));

  fra.stop();
  ASSERT_TRUE(global.store->apply({{resource("Zone", "was")}}, "me"));
  fra.start();
  EXPECT_TRUE(has(fra, shop)());
  ASSERT_TRUE(becomes_true(has(fra, {"Zone", "", "was"})));
  ASSERT_TRUE(fra.store->remove(shop, "me"));
  ASSERT_TRUE(becomes_true([&] { return !has(global, shop)(); }));

  ASSERT_TRUE(global.node->revoke_zone_tokens("fra"));
  ASSERT_TRUE(becomes_true([&] {
    auto state = fra.node->state();
    return state.unreachable.contains("global") &&
           state.unreachable.at("global").find("token") != std::string::npos;
  }));
}

TEST(Node, WritesWhatWasChangedWhileNobodyLooked) {
  Plane global({.name = "global", .zone = ""});
  ASSERT_TRUE(global.store->apply({{resource("Mesh", "default"), resource("Zone", "fra")}}, "me"));
  ItemKey mesh{"Mesh", "", "default"}, zone{"Zone", "", "fra"};
  ASSERT_TRUE(becomes_true([&] { return global.node->items("", "Zone").size() == 1; }));
  // As if the process had ended between the store's commit and the node's.
  global.store->watch(nullptr);
  ASSERT_TRUE(global.store->remove({"Zone", "", "fra"}, "me"));
  ASSERT_TRUE(global.store->apply({{resource("Zone", "was")}}, "me"));
  global.stop();
  global.start();
  ASSERT_TRUE(becomes_true([&] {
    auto zones = global.node->items("", "Zone");
    return zones.size() == 1 && zones.front()->key.name == "was";
  }));
}

TEST(Tables, GiveBackWhatWasWritten) {
  Plane plane({.name = "global", .zone = ""});
  auto first = open_tables(plane.store->database());
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->self.size(), 16u);
  auto item = std::make_shared<const Item>(Item{{"k", "m", "n"}, {7, "a"}, "text"});
  auto gone = std::make_shared<const Item>(Item{{"k", "m", "gone"}, {8, "a"}, "text"});
  Step step{.written = {item, gone}, .seen = {{"a", 8}, {"b", 3}}, .forgotten = {{"c", 2}}};
  ASSERT_TRUE(write_step(plane.store->database(), "fra", step));
  step.written.clear();
  step.erased = {gone->key};
  ASSERT_TRUE(write_step(plane.store->database(), "fra", step));
  auto again = open_tables(plane.store->database());
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->self, first->self);
  const Replica& fra = again->replicas.at("fra");
  ASSERT_EQ(fra.items().size(), 1u);
  EXPECT_EQ(fra.find(item->key)->content, "text");
  EXPECT_EQ(fra.find(item->key)->stamp, item->stamp);
  EXPECT_EQ(fra.seen(), step.seen);
  EXPECT_EQ(fra.forgotten(), step.forgotten);
}

}  // namespace
}  // namespace clew::mesh::sync
