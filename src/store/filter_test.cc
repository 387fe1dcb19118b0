#include "store/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/testing.h"

namespace clew::store {
namespace {

using otlp::SpanKind;
using testing::RichSpec;

RichSpec checkout() {
  return {.span = {.service = "checkout",
                   .name = "POST /pay",
                   .kind = SpanKind::kClient,
                   .start = 1000,
                   .duration = 50,
                   .attributes = {{"customer", "42"}, {"empty", ""}},
                   .extra_key_values = {otlp::testing::key_value("http.status_code",
                                                                 otlp::testing::any_int(503))}},
          .resource = {{"host.name", "node-7"}},
          .event = {{"exception.type", "Timeout"}},
          .scope_name = "io.shop",
          .scope = {{"scope.tag", "yes"}}};
}

bool matches(const Filter& filter, const RichSpec& spec) {
  otlp::Batch batch = testing::rich_batch({spec});
  Query query = testing::query(filter);
  return SpanMatcher(query, batch).matches(batch.spans().front());
}

bool has_tag(const std::string& key, const std::string& value, const RichSpec& spec = checkout()) {
  return matches({.tags = {{key, value}}}, spec);
}

TEST(Filter, EmptyMatchesEverything) {
  EXPECT_TRUE(matches({}, checkout()));
}

TEST(Filter, ByServiceOperationAndKind) {
  EXPECT_TRUE(matches({.service = "checkout"}, checkout()));
  EXPECT_FALSE(matches({.service = "check"}, checkout()));
  EXPECT_TRUE(matches({.operation = "POST /pay"}, checkout()));
  EXPECT_FALSE(matches({.operation = "POST"}, checkout()));
  EXPECT_TRUE(matches({.kind = SpanKind::kClient}, checkout()));
  EXPECT_FALSE(matches({.kind = SpanKind::kServer}, checkout()));
}

TEST(Filter, RangesIncludeTheirEnds) {
  EXPECT_TRUE(matches({.min_duration = 50, .max_duration = 50}, checkout()));
  EXPECT_FALSE(matches({.min_duration = 51}, checkout()));
  EXPECT_FALSE(matches({.max_duration = 49}, checkout()));
  EXPECT_TRUE(matches({.start_min = 1000, .start_max = 1000}, checkout()));
  EXPECT_FALSE(matches({.start_min = 1001}, checkout()));
  EXPECT_FALSE(matches({.start_max = 999}, checkout()));
}

TEST(Filter, FindsTagsWhereverTheyStand) {
  EXPECT_TRUE(has_tag("customer", "42"));
  EXPECT_TRUE(has_tag("host.name", "node-7"));
  EXPECT_TRUE(has_tag("service.name", "checkout"));
  EXPECT_TRUE(has_tag("exception.type", "Timeout"));
  EXPECT_TRUE(has_tag("scope.tag", "yes"));
  EXPECT_TRUE(has_tag("empty", ""));
  EXPECT_FALSE(has_tag("customer", "43"));
  EXPECT_FALSE(has_tag("customer", ""));
  EXPECT_FALSE(has_tag("absent", ""));
}

TEST(Filter, ComparesNumbersByTheirText) {
  EXPECT_TRUE(has_tag("http.status_code", "503"));
  EXPECT_FALSE(has_tag("http.status_code", "0503"));
}

TEST(Filter, AllTagsMustBeOnTheSpan) {
  EXPECT_TRUE(matches({.tags = {{"customer", "42"}, {"host.name", "node-7"}}}, checkout()));
  EXPECT_FALSE(matches({.tags = {{"customer", "42"}, {"host.name", "node-8"}}}, checkout()));
}

TEST(Filter, AnswersSomeTagsFromTheSpansFields) {
  EXPECT_TRUE(has_tag("span.kind", "client"));
  EXPECT_FALSE(has_tag("span.kind", "server"));
  EXPECT_TRUE(has_tag("otel.scope.name", "io.shop"));
  EXPECT_TRUE(has_tag("otel.status_code", "UNSET"));
  EXPECT_FALSE(has_tag("otel.status_code", "ERROR"));
  EXPECT_TRUE(has_tag("error", "false"));
  EXPECT_FALSE(has_tag("error", "true"));
  RichSpec failed = checkout();
  failed.span.status = otlp::StatusCode::kError;
  EXPECT_TRUE(has_tag("error", "true", failed));
  EXPECT_FALSE(has_tag("error", "false", failed));
  EXPECT_TRUE(has_tag("status_code", "error", failed));
  EXPECT_TRUE(has_tag("otel.status_code", "ERROR", failed));
  RichSpec envoy = checkout();
  envoy.span.attributes.push_back({"error", "true"});
  EXPECT_TRUE(has_tag("error", "true", envoy));
}

TEST(Filter, MatchesNeighboursOfDifferentResources) {
  RichSpec other = checkout();
  other.resource = {{"host.name", "node-8"}};
  otlp::Batch batch = testing::rich_batch({checkout(), other, checkout()});
  Query query = testing::query({.tags = {{"host.name", "node-7"}}});
  SpanMatcher matcher(query, batch);
  EXPECT_TRUE(matcher.matches(batch.spans()[0]));
  EXPECT_FALSE(matcher.matches(batch.spans()[1]));
  EXPECT_TRUE(matcher.matches(batch.spans()[2]));
}

TEST(Filter, AsManyTagsAndConditionsAsTheLimitAllows) {
  RichSpec spec = checkout();
  Filter filter;
  for (size_t i = 1; i < limits::kTagsPerQuery; ++i) {
    spec.resource.push_back({fmt::format("k{}", i), "v"});
    filter.tags.push_back({fmt::format("k{}", i), "v"});
  }
  filter.conditions.push_back(Condition::parse("k1 = v").value());
  EXPECT_TRUE(matches(filter, spec));
  filter.conditions.back() = Condition::parse("k1 = w").value();
  EXPECT_FALSE(matches(filter, spec));
  filter.conditions.push_back(Condition::parse("k2 = v").value());
  double before = testing::limit_hits("tags_per_query");
  EXPECT_EQ(Query::compile(filter).error().code, Code::kInvalid);
  EXPECT_EQ(testing::limit_hits("tags_per_query"), before + 1);
}

TEST(Filter, ByStatus) {
  EXPECT_TRUE(matches({.status = otlp::StatusCode::kUnset}, checkout()));
  EXPECT_FALSE(matches({.status = otlp::StatusCode::kError}, checkout()));
  RichSpec failed = checkout();
  failed.span.status = otlp::StatusCode::kError;
  EXPECT_TRUE(matches({.status = otlp::StatusCode::kError}, failed));
  EXPECT_FALSE((Filter{.status = otlp::StatusCode::kOk}.only_time()));
}

bool satisfies(const std::string& condition) {
  return matches({.conditions = {Condition::parse(condition).value()}}, checkout());
}

TEST(Filter, LooksForConditionsInTheirScope) {
  EXPECT_TRUE(satisfies("customer = \"42\""));
  EXPECT_TRUE(satisfies("span.customer = \"42\""));
  EXPECT_FALSE(satisfies("resource.customer = \"42\""));
  EXPECT_TRUE(satisfies("resource.host.name = node-7"));
  EXPECT_FALSE(satisfies("span.host.name = node-7"));
  EXPECT_TRUE(satisfies("host.name = node-7"));
  EXPECT_TRUE(satisfies("event.exception.type = Timeout"));
  EXPECT_FALSE(satisfies("span.exception.type = Timeout"));
  EXPECT_TRUE(satisfies("scope.scope.tag = yes"));
  EXPECT_FALSE(satisfies("event.scope.tag = yes"));
  EXPECT_TRUE(satisfies(".scope.tag = yes"));
}

TEST(Filter, WhatIsNotThereSatisfiesNothing) {
  EXPECT_FALSE(satisfies("absent != x"));
  EXPECT_FALSE(satisfies("absent !~ x"));
  EXPECT_FALSE(satisfies("absent"));
  EXPECT_TRUE(satisfies("empty"));
  EXPECT_TRUE(satisfies("empty != x"));
  EXPECT_TRUE(satisfies("http.status_code >= 500"));
  EXPECT_FALSE(satisfies("resource.http.status_code"));
}

TEST(Filter, ConditionsAreNotAnsweredFromFields) {
  EXPECT_TRUE(has_tag("error", "false"));
  EXPECT_FALSE(satisfies("error = false"));
  EXPECT_FALSE(satisfies("otel.scope.name = io.shop"));
}

TEST(Filter, OneOfSeveralAttributesIsEnough) {
  RichSpec spec = checkout();
  spec.span.attributes.push_back({"exception.type", "Refused"});
  Filter both{.conditions = {Condition::parse("exception.type = Timeout").value(),
                             Condition::parse("exception.type != Timeout").value()}};
  EXPECT_TRUE(matches(both, spec));
  EXPECT_FALSE(matches(both, checkout()));
}

TEST(Filter, NamesTheWrongCondition) {
  auto query = Query::compile({.conditions = {Condition::parse("a =~ \"(\"").value()}});
  EXPECT_EQ(query.error().code, Code::kInvalid);
  EXPECT_THAT(query.error().message, ::testing::HasSubstr("a =~ \"(\""));
}

}  // namespace
}  // namespace clew::store
