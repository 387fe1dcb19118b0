#include "main/settings_sampling.h"

#include <array>
#include <string_view>
#include <utility>

#include "main/yaml_value.h"

namespace clew {
namespace {

using agent::SamplingAlgorithm;
using agent::SamplingConfig;
using agent::SamplingRateLimit;
using agent::SamplingRule;

void read_algorithm(const YamlValue& value, SamplingAlgorithm& place) {
  static constexpr std::array<std::pair<std::string_view, SamplingAlgorithm>, 5> kNames = {{
      {"hash_seed", SamplingAlgorithm::kHashSeed},
      {"hash_seed_murmur3", SamplingAlgorithm::kHashSeedMurmur3},
      {"tail_hash_salt", SamplingAlgorithm::kTailHashSalt},
      {"proportional", SamplingAlgorithm::kProportional},
      {"equalizing", SamplingAlgorithm::kEqualizing},
  }};
  value.parsed([&place](std::string_view text) -> Result<void> {
    std::string names;
    for (const auto& [name, algorithm] : kNames) {
      if (name == text) {
        place = algorithm;
        return {};
      }
      names.append(names.empty() ? "" : "|").append(name);
    }
    return fail(Code::kInvalid, "\"{}\" is not one of {}", text, names);
  });
}

void read_percentage(const YamlValue& value, double& place) {
  double percentage = place;
  value.into(percentage);
  if (percentage < 0) return value.problem("a percentage below 0");
  place = percentage;
}

SamplingRule read_rule(const YamlValue& value) {
  SamplingRule rule;
  bool has_percentage = false;
  value.fields({
      {"service", [&](const YamlValue& service) { service.into(rule.service); }},
      {"route", [&](const YamlValue& route) { route.into(rule.route); }},
      {"tenant", [&](const YamlValue& tenant) { tenant.into(rule.tenant); }},
      {"attribute",
       [&](const YamlValue& attributes) {
         attributes.entries([&](const std::string& key, const YamlValue& wanted) {
           wanted.into(rule.attributes.emplace_back(key, "").second);
         });
       }},
      {"percentage",
       [&](const YamlValue& percentage) {
         has_percentage = true;
         read_percentage(percentage, rule.percentage);
       }},
  });
  if (!has_percentage) value.problem("a rule needs a percentage");
  if (rule.service.empty() && rule.route.empty() && rule.tenant.empty() && rule.attributes.empty())
    value.problem(
        "a rule needs a service, route, tenant or attribute; for all other spans there "
        "is sampling.percentage");
  return rule;
}

void read_rate_limit(const YamlValue& value, std::optional<SamplingRateLimit>& place) {
  SamplingRateLimit limit;
  value.fields({
      {"spans_per_second",
       [&](const YamlValue& rate) { rate.into(limit.spans_per_second, uint64_t{1}); }},
      {"burst", [&](const YamlValue& burst) { burst.into(limit.burst, uint64_t{1}); }},
  });
  if (limit.spans_per_second == 0) return value.problem("set spans_per_second, at least 1");
  if (limit.burst == 0) limit.burst = 2 * limit.spans_per_second;
  if (limit.burst < limit.spans_per_second)
    return value.problem("burst is less than spans_per_second");
  place = limit;
}

void read_sampling(const YamlValue& section, SamplingConfig& config) {
  bool has_salt = false;
  section.fields({
      {"percentage", [&](const YamlValue& value) { read_percentage(value, config.percentage); }},
      {"algorithm", [&](const YamlValue& value) { read_algorithm(value, config.algorithm); }},
      {"hash_seed", [&](const YamlValue& value) { value.into(config.hash_seed); }},
      {"hash_salt",
       [&](const YamlValue& value) {
         has_salt = true;
         value.into(config.hash_salt);
       }},
      {"sampling_precision",
       [&](const YamlValue& value) { value.into(config.sampling_precision, 1, 14); }},
      {"fail_closed", [&](const YamlValue& value) { value.into(config.fail_closed); }},
      {"write_tracestate", [&](const YamlValue& value) { value.into(config.write_tracestate); }},
      {"rules",
       [&](const YamlValue& value) {
         value.items([&](const YamlValue& rule) { config.rules.push_back(read_rule(rule)); });
       }},
      {"rate_limiting",
       [&](const YamlValue& value) { read_rate_limit(value, config.rate_limiting); }},
  });
  if (has_salt && config.algorithm != SamplingAlgorithm::kTailHashSalt)
    section.problem("hash_salt is for algorithm: tail_hash_salt; the others have a hash_seed");
}

}  // namespace

Setting sampling_setting(std::optional<agent::SamplingConfig>& place) {
  return section_setting("sampling", "Which traces are kept; without it all",
                         [&place](const YamlValue& section) {
                           SamplingConfig config;
                           read_sampling(section, config);
                           place = std::move(config);
                         });
}

}  // namespace clew
