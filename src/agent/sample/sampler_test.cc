#include "agent/sample/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "otlp/testing.h"
#include "otlp/writer.h"

namespace clew::agent {
namespace {

using namespace otlp::testing;
using enum SamplingAlgorithm;

/// A span of the trace with this ID, and what else a test says.
struct SpanLike {
  std::string trace_id = "fefefefefefefefefe80000000000000";
  std::string trace_state = {};
  std::vector<std::string> attributes = {};  // key_value(…) messages
};

otlp::Batch batch_of_one(const SpanLike& like) {
  std::string span = span_bytes({.extra_key_values = like.attributes});
  TraceId id = TraceId::from_hex(like.trace_id).value();
  std::ranges::copy(id.raw(), span.begin() + 2);  // behind the tag and the length
  if (!like.trace_state.empty()) span = otlp::with_trace_state(span, like.trace_state);
  std::string request;
  {
    protozero::pbf_writer out(request);
    protozero::pbf_writer resource_spans(out, otlp::fields::request::kResourceSpans);
    protozero::pbf_writer scope_spans(resource_spans, otlp::fields::resource_spans::kScopeSpans);
    scope_spans.add_message(otlp::fields::scope_spans::kSpans, span);
  }
  return otlp::Batch::index(SharedBytes::take(std::move(request))).value();
}

/// The trace_state of the span as it goes on, "dropped" if it does not.
std::string sampled(const SamplingConfig& config, const SpanLike& like) {
  otlp::Batch batch = batch_of_one(like);
  Sampler sampler(config);
  SamplingSelection selection = sampler.select(Tenant(), batch, 1);
  EXPECT_EQ(sampler.decide(Tenant(), batch, batch.spans()[0], 1).keeps, !selection.kept.empty());
  if (selection.kept.empty()) return "dropped";
  auto sent = otlp::Batch::index(request_of(batch, selection));
  return std::string(sent->decode(sent->spans()[0]).trace_state);
}

struct ConsistentVector {
  std::string_view what;
  double percentage;
  int precision;
  bool fail_closed;
  SpanLike span;
  std::string_view equalizing;
  std::string_view proportional;
};

constexpr std::string_view kAnyRate = "ffffffffffffffffffffffffffffffff";

// What the tests of the collector's probabilistic_sampler assert of these two modes.
const ConsistentVector kConsistent[] = {
    {"1 %",
     1,
     4,
     false,
     {.trace_state = "ot=rv:FD70A3D70A3D71"},
     "ot=rv:FD70A3D70A3D71;th:fd70a",
     "ot=rv:FD70A3D70A3D71;th:fd70a"},
    {"1 % rounds up", 1, 3, false, {.trace_state = "ot=rv:FD70A3D70A3D71"}, "dropped", "dropped"},
    {"just below 1 %", 1, 14, false, {.trace_state = "ot=rv:FD70A3D70A3D70"}, "dropped", "dropped"},
    {"just 1 %",
     1,
     14,
     false,
     {.trace_state = "ot=rv:fd70B000000000"},
     "ot=rv:fd70B000000000;th:fd70a3d70a3d71",
     "ot=rv:fd70B000000000;th:fd70a3d70a3d71"},
    {"49 % of an ID in the middle", 49, 14, false, {}, "dropped", "dropped"},
    {"50 % of it", 50, 14, false, {}, "ot=th:8", "ot=th:8"},
    {"1 % by trace ID",
     1,
     4,
     false,
     {.trace_id = "a0a0a0a0a0a0a0a0a0fe000000000000"},
     "ot=th:fd70a",
     "ot=th:fd70a"},
    {"priority",
     1,
     14,
     false,
     {.attributes = {key_value("sampling.priority", any_int(2))}},
     "ot=th:0",
     "ot=th:0"},
    {"no priority",
     99,
     14,
     false,
     {.attributes = {key_value("sampling.priority", any_int(0))}},
     "dropped",
     "dropped"},
    {"half of a half",
     50,
     14,
     false,
     {.trace_state = "ot=rv:90000000000000;th:80000000000000"},
     "ot=rv:90000000000000;th:8",
     "dropped"},
    {"too little", 25, 14, false, {.trace_state = "ot=th:8"}, "dropped", "dropped"},
    {"a quarter of a half",
     25,
     14,
     false,
     {.trace_id = std::string(kAnyRate), .trace_state = "ot=th:8"},
     "ot=th:c",
     "ot=th:e"},
    {"they differ",
     50,
     14,
     false,
     {.trace_state = "ot=rv:c0000000000000;th:8"},
     "ot=rv:c0000000000000;th:8",
     "ot=rv:c0000000000000;th:c"},
    {"a th that lies, open",
     100,
     14,
     false,
     {.trace_state = "ot=rv:40000000000000;th:8"},
     "ot=rv:40000000000000;th:0",
     "ot=rv:40000000000000;th:0"},
    {"a th that lies, closed",
     1,
     14,
     true,
     {.trace_state = "ot=rv:40000000000000;th:8"},
     "dropped",
     "dropped"},
    {"40 %",
     40,
     3,
     false,
     {.trace_state = "ot=rv:a0000000000000"},
     "ot=rv:a0000000000000;th:99a",
     "ot=rv:a0000000000000;th:99a"},
    {"40 % of 50 %",
     40,
     6,
     false,
     {.trace_id = "a0a0a0a0a0a0a0a0a0d0000000000000", .trace_state = "ot=th:8"},
     "ot=th:99999a",
     "ot=th:cccccd"},
    {"40 % of 50 %, lower",
     40,
     3,
     false,
     {.trace_id = "a0a0a0a0a0a0a0a0a0b0000000000000", .trace_state = "ot=th:8"},
     "ot=th:99a",
     "dropped"},
    {"40 % of 50 %, lowest",
     40,
     3,
     false,
     {.trace_id = "a0a0a0a0a0a0a0a0a080000000000000", .trace_state = "ot=th:8"},
     "dropped",
     "dropped"},
    {"200 % is 100 %", 200, 14, false, {}, "ot=th:0", "ot=th:0"},
    {"a tiny rate",
     100 * 0x1p-14,
     14,
     false,
     {.trace_id = std::string(kAnyRate), .trace_state = "ot=th:fffc"},
     "ot=th:fffc",
     "ot=th:fffffff"},
    {"almost 100 %",
     (1 - 8e-7) * 100,
     10,
     false,
     {.trace_id = std::string(kAnyRate)},
     "ot=th:00000cccccccd",
     "ot=th:00000cccccccd"},
    {"a rate below what there is",
     0x1p-4,
     14,
     false,
     {.trace_id = std::string(kAnyRate), .trace_state = "ot=th:fffffffffffff8"},
     "ot=th:fffffffffffff8",
     "dropped"},
    {"rv of 16 digits",
     100,
     14,
     true,
     {.trace_state = "ot=rv:abababababababab"},
     "dropped",
     "dropped"},
    {"th of 16 digits",
     100,
     14,
     true,
     {.trace_state = "ot=th:abababababababab"},
     "dropped",
     "dropped"},
    {"th below zero", 100, 14, true, {.trace_state = "ot=th:-1"}, "dropped", "dropped"},
    {"a th that the ID denies",
     100,
     14,
     true,
     {.trace_id = "ffffffffffffffffff70000000000000", .trace_state = "ot=th:8"},
     "dropped",
     "dropped"},
    {"unreadable, open", 1, 14, false, {.trace_state = "ot=rv:1"}, "ot=rv:1", "ot=rv:1"},
    {"0 %", 0, 4, true, {.trace_id = std::string(kAnyRate)}, "dropped", "dropped"},
};

TEST(ConsistentSampling, DecidesAndWritesAsTheCollector) {
  for (const ConsistentVector& vector : kConsistent) {
    SCOPED_TRACE(vector.what);
    SamplingConfig config{.percentage = vector.percentage,
                          .sampling_precision = vector.precision,
                          .fail_closed = vector.fail_closed};
    config.algorithm = kEqualizing;
    EXPECT_EQ(sampled(config, vector.span), vector.equalizing);
    config.algorithm = kProportional;
    EXPECT_EQ(sampled(config, vector.span), vector.proportional);
  }
}

constexpr std::string_view kKeptAtOnePercent = "4bf92f3577b34da6a3ce929d0e0e4736";  // by seed 0
constexpr std::string_view kDropped = "0af7651916cd43dd8448eb211c80319c";

SpanLike kept_with(std::string trace_state) {
  return {.trace_id = std::string(kKeptAtOnePercent), .trace_state = std::move(trace_state)};
}

TEST(HashSeedSampling, WritesRandomnessAndThresholdAsTheCollector) {
  EXPECT_EQ(sampled({.percentage = 1}, kept_with("")), "ot=rv:fdc80d0b42008d;th:fd74");
  EXPECT_EQ(sampled({.percentage = 10}, kept_with("zen=1")), "ot=rv:fdc80d0b42008d;th:e668,zen=1");
  EXPECT_EQ(sampled({.percentage = 1}, {.trace_id = std::string(kDropped)}), "dropped");
}

TEST(HashSeedSampling, LeavesTheTraceStateAloneWhenThereIsNothingToSay) {
  EXPECT_EQ(sampled({.percentage = 100}, kept_with("zen=1")), "zen=1");
  EXPECT_EQ(sampled({.percentage = 1, .write_tracestate = false}, kept_with("")), "");
  EXPECT_EQ(sampled({.algorithm = kHashSeedMurmur3, .percentage = 99}, kept_with("zen=1")),
            "zen=1");
}

TEST(HashSeedSampling, FailsOnTheTraceStateOfOtherSamplers) {
  for (std::string state : {"ot=th:0", "ot=rv:ffffffffffffff", "ot=rv:1", "no tracestate"}) {
    EXPECT_EQ(sampled({.percentage = 1}, kept_with(state)), "dropped") << state;
    SamplingConfig open{.percentage = 1, .fail_closed = false};
    EXPECT_EQ(sampled(open, kept_with(state)), state);
    EXPECT_EQ(sampled(open, {.trace_id = std::string(kDropped), .trace_state = state}), state);
    EXPECT_EQ(sampled({.percentage = 1, .write_tracestate = false}, kept_with(state)), state);
  }
}

// The collector drops everything here (contrib #42188).
TEST(HashSeedSampling, ASecondTierGoesOnWhereTheFirstStopped) {
  std::string once = sampled({.percentage = 10}, kept_with(""));
  EXPECT_EQ(sampled({.percentage = 10}, kept_with(once)), once);
  EXPECT_EQ(sampled({.percentage = 50}, kept_with(once)), once);
  EXPECT_EQ(sampled({.percentage = 1}, kept_with(once)), "ot=rv:fdc80d0b42008d;th:fd74");
  EXPECT_EQ(sampled({.percentage = 0.1}, kept_with(once)), "dropped");
}

TEST(HashSeedSampling, ASecondTierOfAnotherSeedKeepsTheSameTraces) {
  std::string once = sampled({.percentage = 1}, kept_with(""));
  EXPECT_EQ(sampled({.percentage = 1, .hash_seed = 22}, kept_with(once)), once);
}

TEST(SamplingPriority, IsANumberOrTheTextOfOne) {
  using enum SamplingPriority;
  const std::pair<std::string, SamplingPriority> kTexts[] = {
      {"1", kKeep},    {"0.5", kKeep}, {"1e3", kKeep},  {"inf", kKeep},
      {"0", kDrop},    {"0.0", kDrop}, {"-0", kDrop},   {"-1", kNone},
      {"nan", kNone},  {"", kNone},    {" 1", kNone},   {"1 ", kNone},
      {"true", kNone}, {"1x", kNone},  {"-inf", kNone}, {"0x10p0", kKeep}};
  for (const auto& [text, priority] : kTexts)
    EXPECT_EQ(sampling_priority_of(otlp::Value::of_string(text)), priority) << text;
  EXPECT_EQ(sampling_priority_of(otlp::Value::of_int(7)), kKeep);
  EXPECT_EQ(sampling_priority_of(otlp::Value::of_int(0)), kDrop);
  EXPECT_EQ(sampling_priority_of(otlp::Value::of_int(-7)), kNone);
  EXPECT_EQ(sampling_priority_of(otlp::Value::of_double(0.1)), kKeep);
  EXPECT_EQ(sampling_priority_of(otlp::Value::of_double(0)), kDrop);
  EXPECT_EQ(sampling_priority_of(otlp::Value::of_double(std::nan(""))), kNone);
  EXPECT_EQ(sampling_priority_of(otlp::Value::of_bool(true)), kNone);
}

TEST(SamplingPriority, OverrulesTheHash) {
  auto with = [](std::string_view id, int64_t priority) {
    return SpanLike{.trace_id = std::string(id),
                    .attributes = {key_value("other", any_string("sampling.priority")),
                                   key_value("sampling.priority", any_int(priority))}};
  };
  for (SamplingAlgorithm algorithm : {kHashSeed, kHashSeedMurmur3}) {
    SamplingConfig config{.algorithm = algorithm, .percentage = 1, .write_tracestate = false};
    EXPECT_EQ(sampled(config, with(kDropped, 1)), "");
    EXPECT_EQ(sampled({.algorithm = algorithm, .percentage = 100}, with(kDropped, 0)), "dropped");
    EXPECT_EQ(sampled(config, with(kDropped, -1)), "dropped");
  }
  EXPECT_EQ(sampled({.percentage = 1}, with(kDropped, 1)), "ot=rv:886c204b10dde4;th:0");
}

TEST(SamplingPriority, IsNothingToTailSampling) {
  SpanLike span{.trace_id = "c81e728d9d4c2f636f067f89cc14862c",
                .attributes = {key_value("sampling.priority", any_int(0))}};
  EXPECT_EQ(sampled({.algorithm = kTailHashSalt, .percentage = 1}, span), "");
  span = {.trace_id = "ffffffffffffffffffffffffffffffff",
          .attributes = {key_value("sampling.priority", any_int(1))}};
  EXPECT_EQ(sampled({.algorithm = kTailHashSalt, .percentage = 1}, span), "dropped");
  EXPECT_EQ(sampled({.algorithm = kTailHashSalt, .percentage = 10}, span), "");
}

/// The span IDs (small numbers) that go on.
std::vector<uint64_t> kept_spans(const SamplingConfig& config, const otlp::Batch& batch,
                                 const Tenant& tenant = {}, double share = 1) {
  std::vector<uint64_t> ids;
  for (const auto& kept : Sampler(config).select(tenant, batch, share).kept)
    ids.push_back(batch.decode(*kept.ref).span_id.bytes[7]);
  return ids;
}

TEST(SamplingRules, TheFirstThatMatchesCounts) {
  SamplingConfig config{.percentage = 0,
                        .rules = {{.service = "pay", .route = "/health", .percentage = 0},
                                  {.service = "pay", .percentage = 100},
                                  {.route = "/cart", .percentage = 100},
                                  {.attributes = {{"error", "true"}, {"service.name", "edge"}}}}};
  otlp::Batch batch = batch_of(
      {{.span = 1, .service = "pay", .name = "/health"},
       {.span = 2, .service = "pay"},
       {.span = 3, .service = "shop", .name = "GET", .attributes = {{"http.route", "/cart"}}},
       {.span = 4, .service = "shop", .name = "/cart", .attributes = {{"http.route", "/"}}},
       {.span = 5, .service = "shop", .name = "/cart"},
       {.span = 6, .service = "edge", .extra_key_values = {key_value("error", any_bool(true))}},
       {.span = 7, .service = "shop", .attributes = {{"error", "true"}}}});
  EXPECT_EQ(kept_spans(config, batch), (std::vector<uint64_t>{2, 3, 5, 6}));
}

TEST(SamplingRules, KnowTenants) {
  SamplingConfig config{.percentage = 0, .rules = {{.tenant = "acme", .percentage = 100}}};
  otlp::Batch batch = batch_of({{.span = 1}});
  EXPECT_TRUE(kept_spans(config, batch).empty());
  EXPECT_EQ(kept_spans(config, batch, Tenant::parse("acme").value()).size(), 1u);
}

/// Spans of `count` traces, numbered.
otlp::Batch many_traces(uint64_t count, const std::string& service = "shop") {
  std::vector<SpanSpec> spans;
  for (uint64_t i = 1; i <= count; ++i)
    spans.push_back({.trace = i * 0x9e3779b97f4a7c15, .span = i, .service = service});
  return batch_of(spans);
}

TEST(SamplingRules, AHigherRateKeepsTheTracesOfALowerOne) {
  for (SamplingAlgorithm algorithm : {kHashSeed, kHashSeedMurmur3, kTailHashSalt, kEqualizing}) {
    SamplingConfig config{
        .algorithm = algorithm, .percentage = 1, .rules = {{.service = "pay", .percentage = 10}}};
    auto ids = [&](const std::string& service) {
      std::set<TraceId> ids;
      otlp::Batch batch = many_traces(20'000, service);
      for (const auto& kept : Sampler(config).select(Tenant(), batch, 1).kept)
        ids.insert(kept.ref->trace_id);
      return ids;
    };
    std::set<TraceId> low = ids("shop"), high = ids("pay");
    EXPECT_NEAR(static_cast<double>(low.size()), 200, 60);
    EXPECT_NEAR(static_cast<double>(high.size()), 2000, 200);
    EXPECT_TRUE(std::ranges::includes(high, low));
  }
}

TEST(SamplingShare, ASmallerShareKeepsAPartOfTheSameTraces) {
  for (SamplingAlgorithm algorithm :
       {kHashSeed, kHashSeedMurmur3, kTailHashSalt, kEqualizing, kProportional}) {
    Sampler sampler({.algorithm = algorithm, .percentage = 20});
    otlp::Batch batch = many_traces(20'000);
    std::set<TraceId> before;
    for (double share : {0.01, 0.1, 0.5, 1.0}) {
      SamplingSelection selection = sampler.select(Tenant(), batch, share);
      std::set<TraceId> ids;
      for (const auto& kept : selection.kept) ids.insert(kept.ref->trace_id);
      EXPECT_TRUE(std::ranges::includes(ids, before));
      EXPECT_NEAR(static_cast<double>(ids.size()), 4000 * share, 0.1 * 4000 * share + 20);
      EXPECT_NEAR(static_cast<double>(selection.wanted), 4000, 300);
      before = std::move(ids);
    }
  }
}

TEST(SamplingShare, IsToldInTheThreshold) {
  Sampler sampler({.percentage = 50});
  otlp::Batch batch = batch_of_one(kept_with(""));
  SamplingSelection selection = sampler.select(Tenant(), batch, 0.5);
  ASSERT_EQ(selection.kept.size(), 1u);
  auto state = TraceState::parse(selection.trace_states.at(*selection.kept[0].trace_state));
  EXPECT_NEAR(probability_of(*state->threshold()), 0.25, 1e-9);
}

TEST(SamplingShare, NeverDropsWhatHasPriority) {
  SpanLike span{.trace_id = std::string(kDropped),
                .attributes = {key_value("sampling.priority", any_int(1))}};
  otlp::Batch batch = batch_of_one(span);
  EXPECT_EQ(Sampler({.percentage = 1}).select(Tenant(), batch, 0).kept.size(), 1u);
}

TEST(RequestOf, CopiesOnlyTheKeptSpansWithTheirResources) {
  otlp::Batch batch = batch_of({{.trace = 1, .span = 1, .service = "a"},
                                {.trace = 2, .span = 2, .service = "b"},
                                {.trace = 3, .span = 3, .service = "b"}});
  SamplingConfig config{.percentage = 0, .rules = {{.service = "b", .percentage = 100}}};
  auto sent = otlp::Batch::index(request_of(batch, Sampler(config).select(Tenant(), batch, 1)));
  ASSERT_EQ(sent->spans().size(), 2u);
  ASSERT_EQ(sent->resources().size(), 1u);
  EXPECT_EQ(sent->resources()[0].service_name, "b");
  EXPECT_EQ(sent->bytes_of(sent->spans()[1]), batch.bytes_of(batch.spans()[2]));
}

TEST(RequestOf, AllIsTheBatchItselfAndNothingIsEmpty) {
  otlp::Batch batch = many_traces(10);
  auto request = [&](double percentage) {
    return request_of(batch, Sampler({.percentage = percentage}).select(Tenant(), batch, 1));
  };
  EXPECT_EQ(request(100).view().data(), batch.bytes().view().data());
  EXPECT_TRUE(request(0).empty());
}

TEST(Explanation, NamesHashBucketThresholdAndRule) {
  auto explain = [](const SamplingConfig& config, std::string_view id) {
    otlp::Batch batch = batch_of_one({.trace_id = std::string(id)});
    Sampler sampler(config);
    const otlp::SpanRef& ref = batch.spans()[0];
    return sampler.explain(ref.trace_id, sampler.decide(Tenant(), batch, ref, 1));
  };
  EXPECT_EQ(explain({.percentage = 1}, kDropped),
            "algorithm=hash_seed hash=810d5de4 bucket=7652 threshold=163 of 16384 "
            "policy=trace_id_hash rule=default percentage=1");
  EXPECT_EQ(explain({.algorithm = kTailHashSalt, .percentage = 1}, kAnyRate),
            "algorithm=tail_hash_salt hash=17bec3739634fe2d threshold=028f5c28f5c28f5f "
            "policy=trace_id_hash rule=default percentage=1");
  EXPECT_EQ(explain({.algorithm = kEqualizing, .rules = {{.route = "GET /", .percentage = 25}}},
                    kAnyRate),
            "algorithm=equalizing randomness=ffffffffffffff threshold=c policy=trace_id_w3c "
            "rule=rules[0] percentage=25");
  EXPECT_TRUE(
      explain({.algorithm = kProportional, .percentage = 0}, kAnyRate).contains("threshold=never"));
}

}  // namespace
}  // namespace clew::agent
