#include "mesh/compose/shelf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mesh/envoy_api/envoy_api.h"

namespace clew::mesh {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A route configuration with a virtual host for each name.
Draft routes(const std::vector<std::string>& hosts) {
  Draft draft{.type = PieceType::kRoutes,
              .name = "r",
              .body = {{"name", "r"}},
              .origins = {{"MeshHTTPRoute", "default", "public"}}};
  for (const std::string& host : hosts) {
    draft.parts.push_back({{"virtual_hosts", Json::array({{{"name", host}}})}});
    draft.services.insert(host);
  }
  return draft;
}

class ShelfTest : public ::testing::Test {
 protected:
  Shelf::ItemPtr get(const Shelf::Key& key) {
    return shelf
        .get(key,
             [&] {
               ++made;
               return routes({"a", "b"});
             })
        .value();
  }

  xds::ResourceCache cache;
  Shelf shelf{cache};
  int made = 0;
};

TEST_F(ShelfTest, MakesAnItemOnceForEachKey) {
  Shelf::ItemPtr first = get({PieceType::kRoutes, "r", "", "edge"});
  EXPECT_EQ(get({PieceType::kRoutes, "r", "", "edge"}), first);
  EXPECT_EQ(made, 1);
  // Equal bytes are one resource, whoever asked for them.
  EXPECT_EQ(get({PieceType::kRoutes, "r", "", "sidecar"})->piece.resource, first->piece.resource);
  EXPECT_EQ(made, 2);
  EXPECT_THAT(first->services, ElementsAre("a", "b"));
  EXPECT_THAT(first->piece.resource->origin(), ElementsAre("MeshHTTPRoute public"));
}

TEST_F(ShelfTest, ThrowsAwayWhatIsNotRightAnyMore) {
  get({PieceType::kRoutes, "r", "shop", "edge"});
  get({PieceType::kRoutes, "r", "cart", "edge"});
  shelf.keep_if([](const Shelf::Key& key) { return key.service == "shop"; });
  get({PieceType::kRoutes, "r", "shop", "edge"});
  EXPECT_EQ(made, 2);
  get({PieceType::kRoutes, "r", "cart", "edge"});
  EXPECT_EQ(made, 3);
}

TEST_F(ShelfTest, PartsAreTheSameAsOneWhole) {
  auto item = shelf.make(routes({"a", "b"}));
  ASSERT_TRUE(item);
  Json whole = {{"name", "r"}, {"virtual_hosts", Json::array({{{"name", "a"}}, {{"name", "b"}}})}};
  EXPECT_EQ(envoy_api::json_of(envoy_api::kRoute, item->piece.resource->message()).value(), whole);
}

TEST_F(ShelfTest, HostsAreResourcesOfTheirOwn) {
  Draft draft = routes({});
  draft.hosts.push_back({.type = PieceType::kHost, .name = "r/a", .body = {{"name", "r/a"}}});
  auto item = shelf.make(draft);
  ASSERT_TRUE(item);
  ASSERT_EQ(item->hosts.size(), 1U);
  EXPECT_EQ(item->hosts[0].name(), "r/a");
  draft.hosts[0].body["nome"] = 1;
  EXPECT_FALSE(shelf.make(draft));
}

TEST_F(ShelfTest, SaysWhatEnvoyDoesNotKnow) {
  auto wrong = shelf.make({.type = PieceType::kCluster, .name = "c", .body = {{"nome", "c"}}});
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, HasSubstr("nome"));
}

}  // namespace
}  // namespace clew::mesh
