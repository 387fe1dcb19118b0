#include "mesh/compose/shelf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

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
  shelf.keep_if(std::array{PieceType::kRoutes},
                [](const Shelf::Key& key, const Shelf::Item&) { return key.service == "shop"; });
  get({PieceType::kRoutes, "r", "shop", "edge"});
  EXPECT_EQ(made, 2);
  get({PieceType::kRoutes, "r", "cart", "edge"});
  EXPECT_EQ(made, 3);
  shelf.keep_if(std::array{PieceType::kCluster}, [](auto&, auto&) { return false; });
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
  auto item = shelf.get({PieceType::kRoutes, "r"}, [&] {
    // While routes are made; a host of any name, since locks are kept by it.
    for (int i = 0; i < 50; ++i) {
      std::string name = "r/" + std::to_string(i);
      auto host = shelf.get({PieceType::kHost, name}, [&] {
        return Draft{.type = PieceType::kHost, .name = name, .body = {{"name", name}}};
      });
      draft.hosts.push_back(host.value()->piece);
    }
    return draft;
  });
  ASSERT_TRUE(item);
  EXPECT_EQ((*item)->hosts.size(), 50U);
  EXPECT_EQ((*item)->hosts[7].name(), "r/7");
  draft.problem = Error{Code::kInvalid, "no such host"};
  EXPECT_EQ(shelf.make(draft).error().message, "no such host");
}

TEST_F(ShelfTest, SaysWhatEnvoyDoesNotKnow) {
  auto wrong = shelf.make({.type = PieceType::kCluster, .name = "c", .body = {{"nome", "c"}}});
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, HasSubstr("nome"));
}

}  // namespace
}  // namespace clew::mesh
