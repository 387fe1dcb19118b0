#include "main/settings_sampling.h"
#include "main/yaml_value.h"

namespace clew {
namespace {

void read_address(const YamlValue& value, std::optional<net::Address>& place) {
  value.parsed(
      [&place](std::string_view text) { return listen_setting("", "", "", place).set(text); });
}

/// A number more than 0, and at most `most`.
void read_positive(const YamlValue& value, double& place, double most) {
  double number = place;
  value.into(number);
  if (number <= 0 || number > most)
    return value.problem(fmt::format("it must be more than 0 and at most {}", most));
  place = number;
}

void read_adaptive(const YamlValue& section, agent::AdaptiveOptions& options) {
  constexpr double kMostTraces = 1e6;
  auto positive = [](std::string_view name, double& place, double most) {
    return YamlField{name,
                     [&place, most](const YamlValue& value) { read_positive(value, place, most); }};
  };
  section.fields({
      positive("target_samples_per_second", options.target_samples_per_second, kMostTraces),
      positive("delta_tolerance", options.delta_tolerance, 1),
      positive("initial_sampling_probability", options.initial_sampling_probability, 1),
      positive("min_sampling_probability", options.min_sampling_probability, 1),
      positive("min_samples_per_second", options.min_samples_per_second, kMostTraces),
      {"calculation_interval",
       [&](const YamlValue& value) { value.into(options.calculation_interval); }},
      {"calculation_delay", [&](const YamlValue& value) { value.into(options.calculation_delay); }},
  });
  if (options.calculation_interval < std::chrono::seconds(1))
    section.problem("calculation_interval must be at least 1s");
  if (options.calculation_delay > 60 * options.calculation_interval)
    section.problem("calculation_delay must be at most 60 calculation_intervals");
}

void read_remote_sampling(const YamlValue& section, RemoteSamplingConfig& config) {
  section.fields({
      {"http", [&](const YamlValue& value) { read_address(value, config.http); }},
      {"grpc", [&](const YamlValue& value) { read_address(value, config.grpc); }},
      {"strategies_file",
       [&](const YamlValue& value) { value.into(config.sampling.strategies_file); }},
      {"adaptive",
       [&](const YamlValue& value) { read_adaptive(value, config.sampling.adaptive.emplace()); }},
  });
  if (!config.http && !config.grpc) section.problem("set http or grpc: nothing would listen");
}

}  // namespace

Setting remote_sampling_setting(std::optional<RemoteSamplingConfig>& place) {
  return section_setting("remote_sampling", "Tell Jaeger's clients how to sample",
                         [&place](const YamlValue& section) {
                           RemoteSamplingConfig config;
                           read_remote_sampling(section, config);
                           place = std::move(config);
                         });
}

}  // namespace clew
