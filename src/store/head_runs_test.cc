// A search skips runs of a head's rows, and finds exactly what SpanMatcher says a match is.
#include <gtest/gtest.h>

#include <set>

#include "store/head.h"
#include "store/random_spans.h"

namespace clew::store {
namespace {

using testing::Dice;

/// What is rare comes and goes with the number of the span, so that runs differ in what they have.
otlp::Batch batch_of(Dice& dice, uint64_t first, uint64_t count) {
  std::vector<testing::RichSpec> specs;
  for (uint64_t i = first; i < first + count; ++i) {
    uint64_t phase = i / 3000;
    testing::RichSpec spec;
    spec.span = {.trace = 1 + i / 3,
                 .span = i + 1,
                 .service = fmt::format("service {}", dice.chance(900) ? phase : 9),
                 .name = dice.chance(700) ? fmt::format("rare {}", phase) : "GET",
                 .start = testing::kRandomStart + i};
    auto& attributes = spec.span.attributes;
    attributes = {{"app", fmt::format("{}", dice.chance(3) ? dice.below(20) : dice.below(3000))},
                  {"url", fmt::format("/{}", dice.below(1 << 20))}};
    if (dice.chance(2000)) attributes.push_back({"seldom", "x"});
    if (dice.chance(500)) attributes.push_back({"url", "/again"});
    if (dice.chance(1000)) spec.resource = {{"host", fmt::format("n{}", phase)}};
    if (dice.chance(1000)) spec.scope = {{"lib", fmt::format("l{}", phase)}};
    if (dice.chance(2000)) spec.event = {{"app", "in an event"}};
    specs.push_back(std::move(spec));
  }
  return testing::rich_batch(specs);
}

Condition random_equality(Dice& dice) {
  auto phase = [&] { return dice.below(8); };
  Condition condition{.comparison = dice.chance(8) ? Comparison::kNotEqual : Comparison::kEqual};
  switch (dice.below(8)) {
    case 0:
      condition.key = "host";
      condition.operand = fmt::format("n{}", phase());
      break;
    case 1:
      condition.key = "lib";
      condition.operand = fmt::format("l{}", phase());
      break;
    case 2:
      condition.key = "url";
      condition.operand = dice.chance(2) ? "/again" : fmt::format("/{}", dice.below(1 << 20));
      break;
    case 3:
      condition.key = "seldom";
      condition.comparison = Comparison::kExists;
      break;
    case 4:
      condition.key = "service.name";
      condition.operand = fmt::format("service {}", phase());
      break;
    case 5:
      condition.key = "app";
      condition.operand = "in an event";
      break;
    default:
      condition.key = "app";
      condition.operand = fmt::format("{}", dice.below(3010));
  }
  return condition;
}

Filter filter_of(Dice& dice) {
  Filter filter;
  if (dice.chance(4)) filter.service = fmt::format("service {}", dice.below(9));
  if (dice.chance(6)) filter.operation = fmt::format("rare {}", dice.below(8));
  if (dice.chance(6)) filter.start_max = testing::kRandomStart + dice.below(20'000);
  do filter.conditions.push_back(random_equality(dice));
  while (dice.chance(4));
  return filter;
}

std::set<TraceId> matching(const Query& query, const std::vector<otlp::Batch>& batches) {
  std::set<TraceId> found;
  for (const otlp::Batch& batch : batches) {
    SpanMatcher matcher(query, batch);
    for (const otlp::SpanRef& ref : batch.spans())
      if (matcher.matches(ref)) found.insert(ref.trace_id);
  }
  return found;
}

std::set<TraceId> found_by(PartSearch& search) {
  std::set<TraceId> found;
  while (search.next_start())
    if (auto id = search.take().value()) found.insert(*id);
  return found;
}

TEST(HeadRuns, ASearchFindsWhatSpanMatcherFinds) {
  Dice dice(1);
  Head head;
  std::vector<otlp::Batch> batches;
  size_t matches = 0;
  for (uint64_t spans = 0; spans < 20'000; spans += 500) {
    batches.push_back(batch_of(dice, spans, 500));
    head.insert(0, Tenant(), batches.back());
    auto part = head.part(Tenant());
    for (int i = 0; i < 8 && !::testing::Test::HasFailure(); ++i) {
      Query query = testing::query(filter_of(dice));
      auto expected = matching(query, batches);
      auto search = part->search(query).value();
      EXPECT_EQ(found_by(*search), expected) << spans << ", filter " << i;
      matches += expected.size();
    }
  }
  EXPECT_GT(matches, 1000u);
}

TEST(HeadRuns, WhatComesWhileASearchGoesOnDoesNotDisturbIt) {
  Dice dice(2);
  Head head;
  std::vector<otlp::Batch> batches = {batch_of(dice, 0, 9'000)};
  head.insert(0, Tenant(), batches[0]);
  Query query =
      testing::query({.conditions = {{.key = "seldom", .comparison = Comparison::kExists}}});
  auto expected = matching(query, batches);
  auto search = head.part(Tenant())->search(query).value();
  head.insert(1, Tenant(), batch_of(dice, 9'000, 9'000));
  auto found = found_by(*search);
  EXPECT_FALSE(expected.empty());
  EXPECT_TRUE(std::ranges::includes(found, expected));
  EXPECT_LE(found.size(), expected.size() + 1) << "the last trace may have got a span";
}

}  // namespace
}  // namespace clew::store
