#include "agent/sample/sampling_stage.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "otlp/testing.h"

namespace clew::agent {
namespace {

using namespace otlp::testing;

constexpr UnixNanos kSecond = 1'000'000'000;

/// Spans of `count` traces, from the `first` on.
otlp::Batch traces(uint64_t first, uint64_t count) {
  std::vector<SpanSpec> spans;
  for (uint64_t i = first; i < first + count; ++i)
    spans.push_back({.trace = (i + 1) * 0x9e3779b97f4a7c15, .span = i + 1});
  return batch_of(spans);
}

double counted(const char* policy, bool sampled) {
  return metrics::counter("clew_processor_probabilistic_sampler_count_traces_sampled_total", "",
                          {{"policy", policy}, {"sampled", sampled ? "true" : "false"}})
      .Value();
}

TEST(SamplingStage, WithoutAConfigurationKeepsEverything) {
  SamplingStage stage;
  otlp::Batch batch = traces(0, 10);
  auto sampled = stage.sample(Tenant(), batch);
  EXPECT_TRUE(sampled.is_whole);
  EXPECT_EQ(sampled.spans, 10u);
  EXPECT_TRUE(stage.keeps(Tenant(), batch, batch.spans()[0]));
}

TEST(SamplingStage, CountsAsTheCollector) {
  double kept = counted("trace_id_hash", true), dropped = counted("trace_id_hash", false);
  SamplingStage stage(SamplingConfig{.percentage = 50});
  auto sampled = stage.sample(Tenant(), traces(0, 1000));
  EXPECT_NEAR(static_cast<double>(sampled.spans), 500, 60);
  EXPECT_EQ(counted("trace_id_hash", true) - kept, static_cast<double>(sampled.spans));
  EXPECT_EQ(counted("trace_id_hash", false) - dropped, static_cast<double>(1000 - sampled.spans));
}

TEST(SamplingStage, KnowsOfEachSpanWhetherItIsKept) {
  SamplingStage stage(SamplingConfig{.percentage = 30});
  otlp::Batch batch = traces(0, 500);
  size_t kept = 0;
  for (const otlp::SpanRef& ref : batch.spans()) kept += stage.keeps(Tenant(), batch, ref);
  EXPECT_EQ(kept, stage.sample(Tenant(), batch).spans);
}

TEST(SamplingStage, IsReplacedWhileSpansCome) {
  SamplingStage stage(SamplingConfig{.percentage = 0});
  EXPECT_EQ(stage.sample(Tenant(), traces(0, 10)).spans, 0u);
  stage.replace(SamplingConfig{.percentage = 100});
  EXPECT_EQ(stage.sample(Tenant(), traces(0, 10)).spans, 10u);
  stage.replace(SamplingConfig{.percentage = 0});
  stage.replace({});
  EXPECT_EQ(stage.sample(Tenant(), traces(0, 10)).spans, 10u);
}

/// What a stage with a limit of 1000 spans/s and a burst of 2000 lets through in one second in
/// which `offered` spans come, in batches of 100.
size_t second_of(SamplingStage& stage, ManualClock& clock, uint64_t& number, uint64_t offered) {
  size_t kept = 0;
  for (uint64_t i = 0; i < offered; i += 100, number += 100)
    kept += stage.sample(Tenant(), traces(number, 100)).spans;
  clock.advance(std::chrono::seconds(1));
  return kept;
}

TEST(RateLimit, HoldsOnAverageAndNeverPassesTheBurst) {
  ManualClock clock(1'700'000'000 * kSecond);
  SamplingStage stage(
      SamplingConfig{.rate_limiting = SamplingRateLimit{.spans_per_second = 1000, .burst = 2000}},
      clock);
  uint64_t number = 0;
  EXPECT_EQ(second_of(stage, clock, number, 900), 900u);
  size_t first = second_of(stage, clock, number, 10'000);
  EXPECT_GT(first, 1500u);
  EXPECT_LE(first, 2100u);  // at most one batch past the burst
  for (int i = 0; i < 3; ++i)
    EXPECT_NEAR(static_cast<double>(second_of(stage, clock, number, 10'000)), 1000, 150);
  second_of(stage, clock, number, 500);
  EXPECT_EQ(second_of(stage, clock, number, 900), 900u);
}

TEST(RateLimit, AgentsOfDifferentLoadGiveUpTheSameTraces) {
  auto kept = [](uint64_t copies) {
    ManualClock clock(1'700'000'000 * kSecond);
    SamplingStage stage(
        SamplingConfig{.rate_limiting = SamplingRateLimit{.spans_per_second = 1000, .burst = 9000}},
        clock);
    for (uint64_t i = 0; i < copies; ++i) stage.sample(Tenant(), traces(0, 2000));
    clock.advance(std::chrono::seconds(1));
    std::set<TraceId> ids;
    auto sent = otlp::Batch::index(stage.sample(Tenant(), traces(0, 2000)).request);
    for (const otlp::SpanRef& ref : sent->spans()) ids.insert(ref.trace_id);
    return ids;
  };
  std::set<TraceId> less = kept(4), more = kept(1);
  EXPECT_NEAR(static_cast<double>(less.size()), 250, 50);
  EXPECT_NEAR(static_cast<double>(more.size()), 1000, 80);
  EXPECT_TRUE(std::ranges::includes(more, less));
}

double earlier_tier() {
  return metrics::gauge("clew_sampling_earlier_tier", "").Value();
}

/// Sends everything through one tier and what it keeps through the next; spans that leave.
size_t through_two_tiers(SamplingStage& first, SamplingStage& second, uint64_t from) {
  auto once = first.sample(Tenant(), traces(from, 1000));
  if (once.spans == 0) return 0;
  return second.sample(Tenant(), *otlp::Batch::index(once.request)).spans;
}

TEST(EarlierTier, OfTheSameAlgorithmIsNoticedAndPasses) {
  using enum SamplingAlgorithm;
  for (SamplingAlgorithm algorithm : {kHashSeed, kHashSeedMurmur3, kTailHashSalt}) {
    SamplingConfig config{
        .algorithm = algorithm, .percentage = 1, .hash_seed = 7, .write_tracestate = false};
    SamplingStage first(config), second(config);
    size_t once = 0, twice = 0;
    for (uint64_t from = 0; from < 20'000; from += 1000) {
      once += first.sample(Tenant(), traces(from, 1000)).spans;
      twice += through_two_tiers(first, second, from);
    }
    EXPECT_EQ(twice, once);
    EXPECT_EQ(earlier_tier(), 1);
    second.sample(Tenant(), traces(0, 1000));  // somebody sends to this tier directly
    EXPECT_EQ(earlier_tier(), 0);
  }
}

TEST(EarlierTier, WithTraceStateIsNoticedBySpan) {
  auto& spans = metrics::counter("clew_sampling_earlier_tier_spans_total", "");
  double before = spans.Value();
  SamplingConfig config{.percentage = 10};
  SamplingStage first(config), second(config);
  size_t kept = through_two_tiers(first, second, 0);
  EXPECT_NEAR(static_cast<double>(kept), 100, 40);
  EXPECT_EQ(spans.Value() - before, static_cast<double>(kept));
}

TEST(EarlierTier, IsNotSeenInAFewKeptTraces) {
  EarlierTier tier;
  Sampler sampler({.percentage = 10});
  size_t kept = 0;
  // 15 times -ln(10 %) is overwhelming, 14 times is not.
  for (uint64_t i = 0; kept < 14; ++i) {
    otlp::Batch one = traces(i, 1);
    auto selection = sampler.select(Tenant(), one, 1);
    if (selection.kept.empty()) continue;
    ++kept;
    EXPECT_EQ(tier.observe(selection), EarlierTier::Change::kNone);
    EXPECT_EQ(tier.observe(selection), EarlierTier::Change::kNone);  // the same trace again
  }
  otlp::Batch unsampled = traces(0, 100);
  EXPECT_EQ(tier.observe(sampler.select(Tenant(), unsampled, 1)), EarlierTier::Change::kNone);
}

TEST(EarlierTier, IsNotSeenInTracesWithPriority) {
  SamplingStage stage(SamplingConfig{.percentage = 1});
  for (uint64_t i = 1; i < 100; ++i)
    stage.sample(
        Tenant(),
        batch_of({{.trace = i, .extra_key_values = {key_value("sampling.priority", any_int(1))}}}));
  EXPECT_EQ(earlier_tier(), 0);
}

}  // namespace
}  // namespace clew::agent
