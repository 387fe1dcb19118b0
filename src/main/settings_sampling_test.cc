#include "main/settings_sampling.h"

#include <gtest/gtest.h>

#include "main/config_file.h"

namespace clew {
namespace {

using agent::SamplingAlgorithm;

std::optional<agent::SamplingConfig> config_of(const std::string& yaml) {
  std::optional<agent::SamplingConfig> config;
  auto read = apply_yaml("agent.yaml", yaml, {sampling_setting(config)});
  EXPECT_TRUE(read.has_value()) << read.error().message;
  return config;
}

std::string problem_of(const std::string& yaml) {
  std::optional<agent::SamplingConfig> config;
  auto read = apply_yaml("agent.yaml", yaml, {sampling_setting(config)});
  return read ? "" : read.error().message;
}

TEST(SamplingSection, MayBeMissing) {
  EXPECT_FALSE(config_of("").has_value());
}

TEST(SamplingSection, HasTheCollectorsDefaults) {
  auto config = config_of("sampling: {percentage: 1}");
  EXPECT_EQ(config->percentage, 1);
  EXPECT_EQ(config->algorithm, SamplingAlgorithm::kHashSeed);
  EXPECT_EQ(config->hash_seed, 0u);
  EXPECT_EQ(config->hash_salt, "default-hash-seed");
  EXPECT_EQ(config->sampling_precision, 4);
  EXPECT_TRUE(config->fail_closed);
  EXPECT_TRUE(config->write_tracestate);
}

TEST(SamplingSection, ReadsEverything) {
  auto config = config_of(R"(
sampling:
  percentage: 0.5
  algorithm: tail_hash_salt
  hash_salt: fra
  hash_seed: 4294967295
  sampling_precision: 6
  fail_closed: false
  write_tracestate: false
  rules:
  - {service: pay, route: /health, percentage: 0}
  - {tenant: acme, attribute: {error: true, "http.status_code": 500}, percentage: 100}
  rate_limiting: {spans_per_second: 1000}
)");
  EXPECT_EQ(config->algorithm, SamplingAlgorithm::kTailHashSalt);
  EXPECT_EQ(config->hash_salt, "fra");
  EXPECT_EQ(config->hash_seed, 4294967295u);
  EXPECT_EQ(config->sampling_precision, 6);
  EXPECT_FALSE(config->fail_closed);
  EXPECT_FALSE(config->write_tracestate);
  ASSERT_EQ(config->rules.size(), 2u);
  EXPECT_EQ(config->rules[0].service, "pay");
  EXPECT_EQ(config->rules[0].route, "/health");
  EXPECT_EQ(config->rules[0].percentage, 0);
  EXPECT_EQ(config->rules[1].tenant, "acme");
  ASSERT_EQ(config->rules[1].attributes.size(), 2u);
  EXPECT_EQ(config->rules[1].attributes[1].second, "500");
  EXPECT_EQ(config->rate_limiting->spans_per_second, 1000u);
  EXPECT_EQ(config->rate_limiting->burst, 2000u);
}

TEST(SamplingSection, TellsWhatIsWrongAndWhere) {
  EXPECT_EQ(problem_of("sampling: {percentage: -1}"),
            "agent.yaml:1: sampling.percentage: a percentage below 0");
  EXPECT_EQ(problem_of("sampling:\n  algorithm: hash-seed"),
            "agent.yaml:2: sampling.algorithm: \"hash-seed\" is not one of "
            "hash_seed|hash_seed_murmur3|tail_hash_salt|proportional|equalizing");
  EXPECT_EQ(problem_of("sampling: {percentag: 1}"),
            "agent.yaml:1: sampling.percentag: unknown setting (did you mean "
            "sampling.percentage?)");
  EXPECT_EQ(problem_of("sampling:\n  rules:\n  - {service: a}"),
            "agent.yaml:3: sampling.rules[0]: a rule needs a percentage");
  EXPECT_TRUE(
      problem_of("sampling: {rules: [{percentage: 1}]}").contains("a rule needs a service"));
  EXPECT_TRUE(problem_of("sampling: {hash_seed: 4294967296}").contains("no whole number"));
  EXPECT_TRUE(problem_of("sampling: {sampling_precision: 0}").contains("from 1 to 14"));
  EXPECT_TRUE(problem_of("sampling: {hash_salt: x}").contains("tail_hash_salt"));
  EXPECT_TRUE(problem_of("sampling: {rate_limiting: {burst: 1}}").contains("spans_per_second"));
  EXPECT_TRUE(problem_of("sampling: {rate_limiting: {spans_per_second: 2, burst: 1}}")
                  .contains("burst is less"));
}

std::string remote_problem_of(const std::string& yaml,
                              std::optional<RemoteSamplingConfig>* into = nullptr) {
  std::optional<RemoteSamplingConfig> config;
  auto read = apply_yaml("agent.yaml", yaml, {remote_sampling_setting(into ? *into : config)});
  return read ? "" : read.error().message;
}

TEST(RemoteSamplingSection, ReadsEverything) {
  std::optional<RemoteSamplingConfig> config;
  EXPECT_EQ(remote_problem_of("", &config), "");
  EXPECT_FALSE(config.has_value());
  EXPECT_EQ(remote_problem_of("remote_sampling: {strategies_file: /etc/s.json}", &config), "");
  EXPECT_EQ(config->http, (net::Address{"127.0.0.1", 5778}));
  EXPECT_FALSE(config->grpc.has_value());
  EXPECT_EQ(config->sampling.strategies_file, "/etc/s.json");
  EXPECT_FALSE(config->sampling.adaptive.has_value());
  EXPECT_EQ(remote_problem_of(R"(
remote_sampling:
  http: off
  grpc: 127.0.0.1:14250
  adaptive: {target_samples_per_second: 2, calculation_interval: 30s}
)",
                              &config),
            "");
  EXPECT_FALSE(config->http.has_value());
  EXPECT_EQ(config->grpc, (net::Address{"127.0.0.1", 14250}));
  EXPECT_EQ(config->sampling.adaptive->target_samples_per_second, 2);
  EXPECT_EQ(config->sampling.adaptive->calculation_interval, std::chrono::seconds(30));
  EXPECT_EQ(config->sampling.adaptive->initial_sampling_probability, 0.001);
}

TEST(RemoteSamplingSection, TellsWhatIsWrongAndWhere) {
  EXPECT_TRUE(remote_problem_of("remote_sampling: {http: off}").contains("nothing would listen"));
  EXPECT_TRUE(remote_problem_of("remote_sampling: {http: x}").contains("remote_sampling.http"));
  EXPECT_TRUE(remote_problem_of("remote_sampling: {adaptive: {target_samples_per_second: 0}}")
                  .contains("more than 0"));
  EXPECT_TRUE(remote_problem_of("remote_sampling: {adaptive: {calculation_interval: 1ms}}")
                  .contains("at least 1s"));
}

}  // namespace
}  // namespace clew
