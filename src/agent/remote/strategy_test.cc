#include "agent/remote/strategy.h"

#include <gtest/gtest.h>

#include <protozero/pbf_writer.hpp>

#include "agent/remote/strategies_file.h"

namespace clew::agent {
namespace {

// The shapes that Jaeger's own tests assert.
TEST(StrategyJson, IsJaegers) {
  EXPECT_EQ(strategy_json({.traces_per_second = 42}),
            R"({"strategyType":"RATE_LIMITING","rateLimitingSampling":{"maxTracesPerSecond":42}})");
  EXPECT_EQ(strategy_json({.probability = 0.5}),
            R"({"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":0.5}})");
  SamplingStrategy by_operation{
      .probability = 0.8,
      .operations = OperationStrategy{.default_probability = 0.8,
                                      .least_traces_per_second = 0.25,
                                      .operations = {{"GET /", 1}, {"\"x\"", 1e-5}}}};
  EXPECT_EQ(strategy_json(by_operation),
            R"({"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":0.8},)"
            R"("operationSampling":{"defaultSamplingProbability":0.8,)"
            R"("defaultLowerBoundTracesPerSecond":0.25,"perOperationStrategies":[)"
            R"({"operation":"GET /","probabilisticSampling":{"samplingRate":1}},)"
            R"({"operation":"\"x\"","probabilisticSampling":{"samplingRate":1e-05}}],)"
            R"("defaultUpperBoundTracesPerSecond":0}})");
}

TEST(StrategyRequest, NamesAService) {
  std::string request;
  protozero::pbf_writer(request).add_string(1, "shop");
  EXPECT_EQ(service_of_request(request), "shop");
  EXPECT_EQ(service_of_request(""), "");
  EXPECT_EQ(service_of_request("\x0a\xff"), "");
}

constexpr std::string_view kFile = R"({
  "service_strategies": [
    {"service": "foo", "type": "probabilistic", "param": 0.8, "operation_strategies": [
      {"operation": "op1", "type": "probabilistic", "param": 0.2},
      {"operation": "op2", "type": "probabilistic", "param": 0.4}]},
    {"service": "bar", "type": "ratelimiting", "param": 5},
    {"service": "baz", "type": "probabilistic", "param": 0.3}],
  "default_strategy": {"type": "probabilistic", "param": 0.5, "operation_strategies": [
    {"operation": "/health", "type": "probabilistic", "param": 0.0},
    {"operation": "op1", "type": "probabilistic", "param": 0.9}]}
})";

TEST(StrategiesFile, MergesTheDefaultOperationsIntoEachService) {
  auto file = StrategiesFile::parse(kFile);
  ASSERT_TRUE(file.has_value()) << file.error().message;
  EXPECT_EQ(file->fallback.probability, 0.5);
  const SamplingStrategy& foo = file->services.at("foo");
  EXPECT_EQ(foo.probability, 0.8);
  ASSERT_EQ(foo.operations->operations.size(), 3u);
  EXPECT_EQ(foo.operations->default_probability, 0.8);
  EXPECT_EQ(foo.operations->operations[0].probability, 0.2);  // its own op1
  EXPECT_EQ(foo.operations->operations[2].operation, "/health");
  const SamplingStrategy& bar = file->services.at("bar");
  EXPECT_EQ(bar.traces_per_second, 5);
  EXPECT_EQ(bar.operations->default_probability, 0.5);
  EXPECT_EQ(file->services.at("baz").operations->default_probability, 0.3);
}

TEST(StrategiesFile, OfNothingIsJaegersDefault) {
  EXPECT_EQ(StrategiesFile::parse("{}")->fallback.probability, 0.001);
}

TEST(StrategiesFile, TellsWhatIsWrong) {
  auto problem = [](std::string_view json) {
    auto file = StrategiesFile::parse(json);
    return file ? "" : file.error().message;
  };
  EXPECT_TRUE(problem("{").contains("no JSON"));
  EXPECT_EQ(problem("[]"), "it must be a JSON object");
  EXPECT_EQ(problem(R"({"service_strategies": [{"service": "a"}]})"),
            "service_strategies[0].type: a text is needed");
  EXPECT_EQ(problem(R"({"default_strategy": {"type": "probabilistic", "param": 2}})"),
            "default_strategy.param: a probability is at most 1");
  EXPECT_EQ(problem(R"({"default_strategy": {"type": "const", "param": 1}})"),
            "default_strategy.type: \"const\" is neither probabilistic nor ratelimiting");
  EXPECT_EQ(problem(R"({"default_strategy": {"type": "probabilistic", "param": 1,
                        "operation_strategies": [{"operation": "a", "type": "ratelimiting",
                        "param": 1}]}})"),
            "default_strategy.operation_strategies[0].type: an operation's must be probabilistic");
  EXPECT_EQ(problem(R"({"service_strategies": {}})"), "service_strategies: a list is needed");
}

}  // namespace
}  // namespace clew::agent
