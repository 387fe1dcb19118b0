// Searching rows by numbers finds exactly what SpanMatcher says a match is.
#include <gtest/gtest.h>

#include <set>

#include "otlp/random_request.h"
#include "store/block_testing.h"
#include "store/random_spans.h"

namespace clew::store {
namespace {

using testing::Dice;

/// Spans of batches, and every part that can hold them.
class Everywhere {
 public:
  explicit Everywhere(std::vector<otlp::Batch> batches) : batches_(std::move(batches)) {
    for (const otlp::Batch& batch : batches_) head_.insert(0, Tenant(), batch);
    parts_.emplace_back("head", head_.part(Tenant()));
    add_block("block", {});
    add_block("small row groups", {.group_rows = 10});
    add_block("literals", {.group_rows = 16, .rare = true});
  }

  void expect_same(const Filter& filter) {
    Query query = testing::query(filter);
    std::set<TraceId> expected;
    for (const otlp::Batch& batch : batches_) {
      SpanMatcher matcher(query, batch);
      for (const otlp::SpanRef& ref : batch.spans())
        if (matcher.matches(ref)) expected.insert(ref.trace_id);
    }
    for (const auto& [name, part] : parts_) {
      std::set<TraceId> found;
      if (!part->may_match(query)) {
        EXPECT_TRUE(expected.empty()) << name;
        continue;
      }
      auto search = part->search(query).value();
      UnixNanos last = UINT64_MAX;
      while (auto next = search->next_start()) {
        EXPECT_LE(*next, last) << name;
        last = *next;
        auto id = search->take();
        ASSERT_TRUE(id) << id.error().message;
        if (*id) found.insert(**id);
      }
      EXPECT_EQ(found, expected) << name;
    }
    matches_ += expected.empty() ? 0 : 1;
  }

  const std::vector<otlp::Batch>& batches() const { return batches_; }
  int matches() const { return matches_; }

 private:
  void add_block(std::string name, const testing::BlockShape& shape) {
    auto file = std::make_shared<testing::MemoryFile>(testing::block_of(batches_, shape));
    parts_.emplace_back(std::move(name),
                        Block::open({{Tenant(), "b"}, 0}, file, cache_, damaged_).value());
  }

  std::vector<otlp::Batch> batches_;
  Head head_;
  Cache cache_{16 << 20};
  std::atomic<uint64_t> damaged_ = 0;
  std::vector<std::pair<std::string, std::shared_ptr<const Part>>> parts_;
  int matches_ = 0;
};

std::vector<otlp::Batch> random_batches(Dice& dice, uint64_t seed) {
  std::vector<otlp::Batch> batches;
  uint64_t span = 0;
  for (int i = 0; i < 4; ++i) {
    std::vector<testing::RichSpec> specs;
    for (int j = 0; j < 15; ++j) {
      specs.push_back(testing::random_span(dice, ++span).spec);
      auto& spec = specs.back();
      spec.scope_name = dice.pick({"", "lib", "otel"});
      auto& values = spec.span.extra_key_values;
      namespace o = otlp::testing;
      if (dice.chance(6)) values.push_back(o::key_value("error", o::any_bool(dice.chance(2))));
      if (dice.chance(6))
        values.push_back(o::key_value("error", o::any_string(dice.pick({"true", "false", "x"}))));
      if (dice.chance(12)) values.push_back(o::key_value("status_code", o::any_string("ERROR")));
      if (dice.chance(12)) values.push_back(o::key_value("span.kind", o::any_string("server")));
      if (seed % 8 == 0 && dice.chance(40))  // the last ones get no columns
        for (size_t k = 0; k < limits::kCellsPerSpan; ++k)
          values.insert(values.begin(), o::key_value("many", o::any_int(1)));
    }
    batches.push_back(testing::rich_batch(specs));
  }
  otlp::testing::RandomRequest requests(seed);
  for (int i = 0; i < 4; ++i)
    batches.push_back(
        otlp::Batch::index(SharedBytes::take(requests.next().SerializeAsString())).value());
  return batches;
}

/// A condition on what one of the spans has.
Condition condition_on(Dice& dice, const otlp::Batch& batch) {
  Condition condition{.key = "absent", .comparison = Comparison::kExists};
  if (batch.spans().empty()) return condition;
  const otlp::SpanRef& ref = batch.spans()[dice.below(batch.spans().size())];
  otlp::Span span = batch.decode(ref);
  auto choose = [&](const otlp::AttributeRange& attributes, AttributeScope scope) {
    for (otlp::Attribute attribute : attributes) {
      if (dice.chance(2)) continue;
      condition.key = attribute.key;
      if (dice.chance(2)) condition.scope = scope;
      condition.comparison = std::array{Comparison::kEqual, Comparison::kNotEqual,
                                        Comparison::kExists, Comparison::kLessEqual}[dice.below(4)];
      condition.operand = attribute.value.text();
      bool is_number = attribute.value.type() == otlp::ValueType::kInt;
      if (is_number) condition.operand = attribute.value.as_int();
    }
  };
  choose(span.attributes(), AttributeScope::kSpan);
  if (dice.chance(3)) choose(batch.resource_of(ref).attributes(), AttributeScope::kResource);
  if (dice.chance(3)) choose(batch.scope_of(ref).attributes(), AttributeScope::kScope);
  for (otlp::Event event : span.events())
    if (dice.chance(2)) choose(event.attributes(), AttributeScope::kEvent);
  return condition;
}

Tag field_tag(Dice& dice, const otlp::Batch& batch) {
  Tag tag{dice.pick({"error", "span.kind", "otel.status_code", "status_code",
                     "otel.status_description", "otel.scope.name", "otel.scope.version"}),
          dice.pick({"true", "false", "server", "internal", "unspecified", "ERROR", "ok", "Unset",
                     "lib", ""})};
  if (batch.spans().empty()) return tag;
  const otlp::SpanRef& ref = batch.spans()[dice.below(batch.spans().size())];
  if (tag.key == "otel.status_description") tag.value = batch.decode(ref).status_message;
  if (tag.key == "otel.scope.version") tag.value = batch.scope_of(ref).version;
  if (tag.key == "otel.scope.name" && dice.chance(2)) tag.value = batch.scope_of(ref).name;
  return tag;
}

Filter any_filter(Dice& dice, const std::vector<otlp::Batch>& batches) {
  Filter filter;
  if (dice.chance(2)) filter = testing::random_filter(dice);
  const otlp::Batch& batch = batches[dice.below(batches.size())];
  if (dice.chance(3)) filter.tags.push_back(field_tag(dice, batch));
  if (dice.chance(3)) filter.conditions.push_back(condition_on(dice, batch));
  if (dice.chance(10)) filter.status = static_cast<otlp::StatusCode>(dice.below(3));
  return filter;
}

TEST(QueryPlan, FindsWhatSpanMatcherFinds) {
  int matches = 0, filters = 0;
  for (uint64_t seed = 1; seed <= 25 && !::testing::Test::HasFailure(); ++seed) {
    Dice dice(seed);
    Everywhere everywhere(random_batches(dice, seed));
    for (int i = 0; i < 80 && !::testing::Test::HasFailure(); ++i, ++filters) {
      Filter filter = any_filter(dice, everywhere.batches());
      std::string text;
      for (const Condition& condition : filter.conditions) text += condition.text() + "; ";
      for (const Tag& tag : filter.tags) text += tag.key + ":" + tag.value + "; ";
      SCOPED_TRACE(fmt::format("seed {}, filter {}: {}", seed, i, text));
      everywhere.expect_same(filter);
    }
    matches += everywhere.matches();
  }
  EXPECT_GT(matches, filters / 4);
}

TEST(QueryPlan, FindsKeysPastTheLimitOfColumns) {
  std::vector<otlp::testing::SpanSpec> specs;
  for (uint64_t i = 0; i < 130; ++i) {
    specs.push_back({.trace = 1 + i, .span = 1 + i, .start = 1000 + i});
    for (int j = 0; j < 20; ++j)
      specs.back().attributes.push_back({fmt::format("k{}.{}", i, j), fmt::format("{}", j)});
  }
  specs.back().attributes.push_back({"error", "true"});
  Everywhere everywhere({otlp::testing::batch_of(specs)});
  for (uint64_t i : {0, 50, 99, 100, 101, 129}) {
    everywhere.expect_same({.tags = {{fmt::format("k{}.7", i), "7"}}});
    everywhere.expect_same({.tags = {{fmt::format("k{}.7", i), "8"}}});
    everywhere.expect_same({.conditions = {{.key = fmt::format("k{}.9", i),
                                            .comparison = Comparison::kGreater,
                                            .operand = int64_t{5}}}});
  }
  everywhere.expect_same({.tags = {{"error", "true"}}});
  everywhere.expect_same({.tags = {{"error", "false"}}});
  EXPECT_EQ(everywhere.matches(), 14);
}

TEST(QueryPlan, RegularExpressionsFindTextsOfWhateverTemplate) {
  Dice dice(1);
  std::vector<testing::RichSpec> specs;
  for (uint64_t i = 1; i <= 200; ++i) {
    testing::RichSpec spec;
    spec.span = {.trace = i, .span = i, .start = 1000 + i};
    std::string url =
        fmt::format("/{}/{}/{:016x}", dice.pick({"cart", "Shop", "straße"}), i, i * i);
    if (i % 50 == 0) url = std::string(5000, 'z') + url;  // too long for a template
    spec.span.attributes = {{"url", url}};
    specs.push_back(spec);
  }
  Everywhere spans({testing::rich_batch(specs)});
  for (const char* pattern :
       {".*cart.*", ".*shop.*", "(?i).*SHOP/1.*", "/cart/17/.*", ".*/1[0-9]/.*", ".*00c4$",
        ".*zzz/.*", ".*STRASSE.*", ".*straße.*", "/(cart|edge)/.*", ".*cart/x.*", ".*"}) {
    SCOPED_TRACE(pattern);
    spans.expect_same(
        {.conditions = {
             {.key = "url", .comparison = Comparison::kMatches, .operand = std::string(pattern)}}});
    spans.expect_same({.conditions = {{.key = "url",
                                       .comparison = Comparison::kNotMatches,
                                       .operand = std::string(pattern)}}});
  }
  EXPECT_GE(spans.matches(), 16);
}

}  // namespace
}  // namespace clew::store
