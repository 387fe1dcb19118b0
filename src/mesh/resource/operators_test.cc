#include "mesh/resource/operators.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace clew::mesh {
namespace {

using std::chrono::hours;

constexpr uint64_t kHourNs = 3'600'000'000'000;

struct OperatorTokensTest : ::testing::Test {
  ManualClock clock{1'000'000'000};
  std::unique_ptr<OperatorTokens> tokens = OperatorTokens::open(":memory:", clock).value();
};

TEST_F(OperatorTokensTest, SaysWhoseATokenIs) {
  auto token = tokens->create({"ann", Role::kOperator}, kHourNs).value();
  EXPECT_TRUE(token.starts_with("clewop_"));
  auto who = tokens->verify(token).value();
  EXPECT_EQ(who.name, "ann");
  EXPECT_EQ(who.role, Role::kOperator);
  EXPECT_EQ(tokens->verify("clewop_" + std::string(64, '0')).error().code, Code::kUnauthenticated);
}

TEST_F(OperatorTokensTest, EndsWithItsTime) {
  auto token = tokens->create({"ann", Role::kReader}, kHourNs).value();
  clock.advance(hours(1));
  EXPECT_THAT(tokens->verify(token).error().message, ::testing::HasSubstr("ann has expired"));
  EXPECT_TRUE(tokens->list().value().empty());
  auto for_ever = tokens->create({"bob", Role::kReader}, 0).value();
  clock.advance(hours(100'000));
  EXPECT_TRUE(tokens->verify(for_ever));
}

TEST_F(OperatorTokensTest, ANewTokenTakesThePlaceOfTheOld) {
  auto first = tokens->create({"ann", Role::kAdmin}, 0).value();
  auto second = tokens->create({"ann", Role::kReader}, 0).value();
  EXPECT_FALSE(tokens->verify(first));
  EXPECT_EQ(tokens->verify(second)->role, Role::kReader);
  EXPECT_EQ(tokens->list()->size(), 1u);
  ASSERT_TRUE(tokens->revoke("ann"));
  EXPECT_FALSE(tokens->verify(second));
  EXPECT_EQ(tokens->revoke("ann").error().code, Code::kNotFound);
}

TEST(Role, HasANameEach) {
  for (Role role : {Role::kReader, Role::kOperator, Role::kAdmin})
    EXPECT_EQ(role_of(name_of(role)), role);
  EXPECT_FALSE(role_of("root"));
}

}  // namespace
}  // namespace clew::mesh
