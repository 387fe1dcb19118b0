#include "agent/remote/remote_sampling.h"

#include <gtest/gtest.h>

#include "base/disk_memory.h"
#include "base/limits.h"
#include "otlp/testing.h"

namespace clew::agent {
namespace {

using namespace otlp::testing;

constexpr UnixNanos kNow = 1'700'000'040 * UnixNanos{1'000'000'000};  // a full minute

class RemoteSamplingFile : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(disk_.create_directories("etc").has_value()); }

  void write(std::string_view json) {
    (void)disk_.remove("etc/s.json");
    auto file = disk_.open_append("etc/s.json");
    ASSERT_TRUE(file.has_value());
    ASSERT_TRUE((*file)->append(json).has_value());
  }
  Result<std::unique_ptr<RemoteSampling>> open() {
    return RemoteSampling::open({.strategies_file = "etc/s.json"}, disk_, clock_);
  }

  MemoryDisk disk_{16 << 20};
  ManualClock clock_{kNow};
};

std::string with_default(double probability) {
  return fmt::format(R"({{"default_strategy": {{"type": "probabilistic", "param": {}}}}})",
                     probability);
}

TEST_F(RemoteSamplingFile, IsReadAgainWhenItHasChanged) {
  write(with_default(0.5));
  auto sampling = open();
  ASSERT_TRUE(sampling.has_value()) << sampling.error().message;
  EXPECT_EQ((*sampling)->strategy_of("shop").probability, 0.5);
  write(with_default(0.25));
  EXPECT_EQ((*sampling)->strategy_of("shop").probability, 0.5);  // once a second
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ((*sampling)->strategy_of("shop").probability, 0.25);
}

TEST_F(RemoteSamplingFile, ThatIsWrongOrGoneLeavesTheOneBefore) {
  write(with_default(0.5));
  auto sampling = open();
  write("{");
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ((*sampling)->strategy_of("shop").probability, 0.5);
  ASSERT_TRUE(disk_.remove("etc/s.json").has_value());
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ((*sampling)->strategy_of("shop").probability, 0.5);
  write(with_default(0.125));
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ((*sampling)->strategy_of("shop").probability, 0.125);
}

TEST_F(RemoteSamplingFile, ThatIsWrongAtTheStartIsAnError) {
  EXPECT_FALSE(open().has_value());
  write("[]");
  EXPECT_EQ(open().error().message, "etc/s.json: it must be a JSON object");
  write(std::string(limits::kStrategiesFileBytes + 1, ' '));
  EXPECT_EQ(open().error().code, Code::kTooLarge);
}

/// `count` sampled root spans of an operation, as Jaeger's clients tag them.
otlp::Batch roots(const std::string& operation, size_t count, double probability,
                  const std::string& type = "probabilistic") {
  std::vector<SpanSpec> spans(
      count, {.name = operation,
              .attributes = {{"sampler.type", type}},
              .extra_key_values = {key_value("sampler.param", any_double(probability))}});
  spans.push_back(spans.front());
  spans.back().parent = 7;  // no root: does not count
  return batch_of(spans);
}

class Adaptive : public testing::Test {
 protected:
  /// A minute in which clients send so many traces, sampled by the probability they are told.
  void minute(size_t traces) {
    rates_.observe(roots("GET /", traces, probability()));
    clock_.advance(std::chrono::minutes(1));
  }
  double probability(std::string_view operation = "GET /") {
    SamplingStrategy strategy = rates_.strategy_of("shop");
    for (const OperationRate& rate : strategy.operations->operations)
      if (rate.operation == operation) return rate.probability;
    return strategy.operations->default_probability;
  }

  AdaptiveOptions options_;
  ManualClock clock_{kNow};
  AdaptiveRates rates_{options_, clock_};
};

TEST_F(Adaptive, ProbabilityFollowsJaegersCalculation) {
  auto next = [this](double probability, double rate) {
    return AdaptiveRates::next_probability(options_, probability, rate);
  };
  EXPECT_EQ(next(0.1, 1.29), 0.1);  // near enough
  EXPECT_EQ(next(0.1, 0.71), 0.1);
  EXPECT_DOUBLE_EQ(next(0.1, 2), 0.05);    // down at once
  EXPECT_DOUBLE_EQ(next(0.1, 0.5), 0.15);  // up by half at most
  EXPECT_DOUBLE_EQ(next(0.1, 0), 0.2);
  EXPECT_EQ(next(0.9, 0), 1);
  EXPECT_EQ(next(1e-5, 100), 1e-5);
}

TEST_F(Adaptive, AnUnknownServiceStartsWithTheInitialProbability) {
  SamplingStrategy strategy = rates_.strategy_of("nobody");
  EXPECT_FALSE(strategy.probability.has_value());
  EXPECT_EQ(strategy.operations->default_probability, 0.001);
  EXPECT_DOUBLE_EQ(strategy.operations->least_traces_per_second, 1.0 / 60);
}

TEST_F(Adaptive, ReachesTheTargetWhereClientsFollow) {
  // 5000 requests a second: 1 trace a second is a probability of 0.0002.
  for (int i = 0; i < 60; ++i) minute(static_cast<size_t>(5000 * 60 * probability()));
  EXPECT_NEAR(probability() * 5000, 1, 0.31);
}

TEST_F(Adaptive, RisesForRareOperationsInSteps) {
  // 10 requests a second: 1 trace a second is a probability of 0.1.
  double before = 0.001;
  for (int i = 0; i < 150; ++i) {
    minute(std::max<size_t>(1, static_cast<size_t>(10 * 60 * probability())));
    EXPECT_LE(probability(), before * 2 + 1e-12);
    before = probability();
  }
  EXPECT_NEAR(probability() * 10, 1, 0.5);
}

TEST_F(Adaptive, DoesNotMoveForClientsThatDoNotFollow) {
  for (int i = 0; i < 20; ++i) {
    rates_.observe(roots("GET /", 600, 1));
    clock_.advance(std::chrono::minutes(1));
  }
  EXPECT_EQ(probability(), 0.001);
}

TEST_F(Adaptive, ForgetsOperationsThatAreGone) {
  minute(600);
  minute(600);
  EXPECT_EQ(rates_.strategy_of("shop").operations->operations.size(), 1u);
  clock_.advance(std::chrono::hours(1));
  EXPECT_TRUE(rates_.strategy_of("shop").operations->operations.empty());
}

TEST_F(Adaptive, CountsNothingOfOtherSamplers) {
  rates_.observe(roots("const", 10, 1, "const"));
  rates_.observe(roots("bound", 10, 1, "lowerbound"));
  auto operations = rates_.strategy_of("shop").operations->operations;
  ASSERT_EQ(operations.size(), 1u);
  EXPECT_EQ(operations[0].operation, "bound");
}

TEST_F(Adaptive, HasALimitOnOperations) {
  for (size_t i = 0; i <= limits::kAdaptiveOperations; ++i)
    rates_.observe(roots(fmt::format("op {}", i), 1, 0.001));
  EXPECT_EQ(rates_.strategy_of("shop").operations->operations.size(), limits::kAdaptiveOperations);
}

}  // namespace
}  // namespace clew::agent
