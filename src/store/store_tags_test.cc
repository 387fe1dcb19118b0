// Names and values of attributes, for completion.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/testing.h"

namespace clew::store {
namespace {

using otlp::ValueType;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::RichSpec;

constexpr std::optional<AttributeScope> kAny;

class StoreTags : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(sim_.open());
    // One in a block, one in the head.
    ASSERT_TRUE(sim_.append(testing::rich_batch({{.span = {.attributes = {{"city", "Berlin"}}},
                                                  .resource = {{"host", "n1"}},
                                                  .event = {{"exception.type", "Timeout"}}}})));
    ASSERT_TRUE(sim_.store->flush());
    RichSpec second{.span = {.attributes = {{"city", "Bern"}, {"city", "Berlin"}, {"code", "7"}}},
                    .scope = {{"city", "Basel"}}};
    second.span.extra_key_values.push_back(
        otlp::testing::key_value("code", otlp::testing::any_int(7)));
    ASSERT_TRUE(sim_.append(testing::rich_batch({second})));
  }

  std::vector<std::string> values(std::optional<AttributeScope> scope, std::string_view key,
                                  std::string_view prefix = "", size_t limit = 10) {
    std::vector<std::string> texts;
    for (const TagValue& value : sim_.store->tag_values(Tenant(), scope, key, prefix, limit))
      texts.push_back(value.text);
    return texts;
  }

  testing::SimulatedStore sim_;
};

TEST_F(StoreTags, NamesAreThoseOfAllHeadsAndBlocks) {
  using enum AttributeScope;
  EXPECT_THAT(sim_.store->tag_names(Tenant(), kAny),
              ElementsAre(TagName{kResource, "host"}, TagName{kResource, "service.name"},
                          TagName{kScope, "city"}, TagName{kSpan, "city"}, TagName{kSpan, "code"},
                          TagName{kEvent, "exception.type"}));
  EXPECT_THAT(sim_.store->tag_names(Tenant(), kSpan),
              ElementsAre(TagName{kSpan, "city"}, TagName{kSpan, "code"}));
  EXPECT_THAT(sim_.store->tag_names(Tenant::parse("other").value(), kAny), IsEmpty());
}

TEST_F(StoreTags, ValuesAreSortedAndEachOnce) {
  EXPECT_THAT(values(kAny, "city"), ElementsAre("Basel", "Berlin", "Bern"));
  EXPECT_THAT(values(AttributeScope::kSpan, "city"), ElementsAre("Berlin", "Bern"));
  EXPECT_THAT(values(AttributeScope::kEvent, "city"), IsEmpty());
  EXPECT_THAT(values(kAny, "absent"), IsEmpty());
}

TEST_F(StoreTags, ValuesOfAnotherTypeAreOtherValues) {
  EXPECT_THAT(sim_.store->tag_values(Tenant(), kAny, "code", "", 10),
              ElementsAre(TagValue{"7", ValueType::kString}, TagValue{"7", ValueType::kInt}));
}

TEST_F(StoreTags, AsManyAsAskedForFromThePrefixOn) {
  EXPECT_THAT(values(kAny, "city", "Ber"), ElementsAre("Berlin", "Bern"));
  EXPECT_THAT(values(kAny, "city", "", 2), ElementsAre("Basel", "Berlin"));
  EXPECT_THAT(values(kAny, "city", "Ber", 1), ElementsAre("Berlin"));
  EXPECT_THAT(values(kAny, "city", "", 0), IsEmpty());
}

TEST_F(StoreTags, EndWhenTheyAreToldTo) {
  auto over = [] { return true; };
  EXPECT_THAT(sim_.store->tag_names(Tenant(), kAny, over), IsEmpty());
  EXPECT_THAT(sim_.store->tag_values(Tenant(), kAny, "city", "", 10, over), IsEmpty());
}

TEST_F(StoreTags, NamesStopAtTheLimit) {
  RichSpec spec;
  for (size_t i = 0; i < limits::kNamesPerAnswer; ++i)
    spec.resource.push_back({fmt::format("k{}", i), ""});
  double before = testing::limit_hits("names_per_answer");
  ASSERT_TRUE(sim_.append(testing::rich_batch({spec})));
  EXPECT_EQ(sim_.store->tag_names(Tenant(), kAny).size(), limits::kNamesPerAnswer);
  EXPECT_EQ(testing::limit_hits("names_per_answer"), before + 1);
}

}  // namespace
}  // namespace clew::store
