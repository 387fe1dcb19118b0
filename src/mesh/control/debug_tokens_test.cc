#include "mesh/control/debug_tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>

#include "mesh/resource/parse.h"

namespace clew::mesh {
namespace {

using testing::HasSubstr;

constexpr UnixNanos kNow = 1'800'000'000'000'000'000;
constexpr uint64_t kSecond = 1'000'000'000, kDay = 86'400 * kSecond;

/// Of the mesh "default", which has the public host shop.test.
class DebugTokensTest : public testing::Test {
 protected:
  DebugTokensTest() {
    std::string name = testing::TempDir() + "/clew-debug-XXXXXX";
    directory_ = ::mkdtemp(name.data());
    store_ = ResourceStore::open(directory_ + "/mesh.db", clock_).value();
    auto resources = parse_resources(
        "[{type: Mesh, name: default}, {type: MeshHTTPRoute, name: shop, spec: {targetRef: {kind: "
        "MeshGateway, name: clew-edge}, to: [{targetRef: {kind: Mesh}, hostnames: [shop.test], "
        "rules: [{default: {backendRefs: [{kind: MeshService, name: shop}]}}]}]}}]",
        "test");
    EXPECT_TRUE(store_->apply(resources.value(), "ann").has_value());
  }
  ~DebugTokensTest() override {
    store_.reset();
    std::filesystem::remove_all(directory_);
  }

  DebugTokens tokens(std::optional<identity::KeyProtection> protection) {
    return {directory_, std::move(protection), *store_, clock_};
  }

  ManualClock clock_{kNow};
  std::string directory_;
  std::unique_ptr<ResourceStore> store_;
};

TEST_F(DebugTokensTest, AreOfPublicHostsAndForADayAtMost) {
  DebugTokens tokens = this->tokens(identity::KeyProtection::none());
  EXPECT_EQ(tokens.create("default", "shop.test", kSecond).value().expires, kNow + 1'000'000'000);
  EXPECT_TRUE(tokens.create("default", "shop.test", kDay).has_value());
  for (uint64_t wrong : {uint64_t{0}, kSecond - 1, kDay + 1, ~uint64_t{0}})
    EXPECT_EQ(tokens.create("default", "shop.test", wrong).error().code, Code::kInvalid) << wrong;
  EXPECT_EQ(tokens.create("default", "other.test", kDay).error().code, Code::kNotFound);
  EXPECT_EQ(tokens.create("other", "shop.test", kDay).error().code, Code::kNotFound);
}

TEST_F(DebugTokensTest, HaveAKeyForEachMeshThatSurvivesARestart) {
  auto keys = [&](const char* mesh) {
    return tokens(identity::KeyProtection::none()).public_keys(mesh);
  };
  std::string first = keys("default");
  EXPECT_THAT(first, HasSubstr("P-256"));
  EXPECT_EQ(keys("default"), first);
  EXPECT_NE(keys("other"), first);
}

TEST_F(DebugTokensTest, AreNotMadeWhereTheKeyWouldLieInTheOpen) {
  DebugTokens tokens = this->tokens(std::nullopt);
  EXPECT_EQ(tokens.public_keys("default"), "");
  EXPECT_THAT(tokens.create("default", "shop.test", kDay).error().message,
              HasSubstr("--ca-passphrase-file"));
}

}  // namespace
}  // namespace clew::mesh
