#include "main/exporter_config.h"

#include <algorithm>

#include "base/limits.h"
#include "main/yaml_access.h"
#include "net/address.h"

namespace clew {
namespace {

bool is_grpc(std::string_view type) {
  return type == "otlp" || type == "jaeger";
}
bool is_http(std::string_view type) {
  return type == "otlphttp" || type == "zipkin";
}

Result<void> validate_peer(std::string_view type, const ExporterConfig& config) {
  if (config.endpoint.empty()) return fail(Code::kInvalid, "endpoint is not set");
  if (is_http(type)) {
    auto url = net::check_url(config.endpoint);
    return url ? url : fail(Code::kInvalid, "endpoint: {}", url.error().message);
  }
  auto address = net::Address::parse(config.endpoint);
  if (!address) return fail(Code::kInvalid, "endpoint: {}", address.error().message);
  if (address->port == 0) return fail(Code::kInvalid, "endpoint: the port is missing");
  return {};
}

Result<void> validate_one(std::string_view type, const ExporterConfig& config) {
  constexpr std::chrono::milliseconds kLeast{1};
  if (config.timeout < kLeast) return fail(Code::kInvalid, "timeout must be at least 1ms");
  const ExporterOverrides& own = config.overrides;
  if (own.queue_bytes == 0u || own.batch_bytes == 0u ||
      own.batch_bytes.value_or(1) > limits::kRequestBytes)
    return fail(Code::kInvalid,
                "sending_queue.max_bytes must be more than 0, batch_bytes between 1 and {}",
                limits::kRequestBytes);
  if (own.initial_interval.value_or(kLeast) < kLeast || own.max_interval.value_or(kLeast) < kLeast)
    return fail(Code::kInvalid, "the intervals of retry_on_failure must be at least 1ms");
  if (type == "kafka" && !config.kafka)
    return fail(Code::kInvalid, "brokers are not set");  // nothing stood below it
  if (type == "file" && config.file.path.empty()) return fail(Code::kInvalid, "path is not set");
  return is_grpc(type) || is_http(type) ? validate_peer(type, config) : Result<void>();
}

}  // namespace

std::string_view exporter_type(std::string_view name) {
  return name.substr(0, name.find('/'));
}

bool ExporterConfig::uses_tls() const {
  return tls_enabled == "true" || asks_for_tls(tls);
}

agent::ExporterOptions ExporterOverrides::over(agent::ExporterOptions options) const {
  options.queue.max_bytes = queue_bytes.value_or(options.queue.max_bytes);
  agent::BatchOptions& batch = options.queue.batch;
  batch.batch_bytes = batch_bytes.value_or(batch.batch_bytes);
  batch.batch_timeout = batch_timeout.value_or(batch.batch_timeout);
  options.consumers = consumers.value_or(options.consumers);
  agent::RetryOptions& retry = options.retry;
  retry.enabled = retries.value_or(retry.enabled);
  retry.initial_interval = initial_interval.value_or(retry.initial_interval);
  retry.max_interval = max_interval.value_or(retry.max_interval);
  retry.max_elapsed_time = max_elapsed_time.value_or(retry.max_elapsed_time);
  retry.multiplier = multiplier.value_or(retry.multiplier);
  retry.randomization = randomization.value_or(retry.randomization);
  return options;
}

std::vector<std::string> names_in_use(const ExporterConfigs& exporters) {
  std::vector<std::string> names;
  for (const auto& [name, config] : exporters)
    if (name != "otlp" || !config.endpoint.empty() || exporters.size() == 1) names.push_back(name);
  return names;
}

Result<void> validate(const ExporterConfigs& exporters,
                      const std::vector<agent::ExportRoute>& routes) {
  auto names = names_in_use(exporters);
  for (const std::string& name : names) {
    auto valid = validate_one(exporter_type(name), exporters.at(name));
    if (!valid) return fail(Code::kInvalid, "exporters.{}: {}", name, valid.error().message);
  }
  for (const agent::ExportRoute& route : routes)
    for (const std::string& name : route.exporters)
      if (std::ranges::find(names, name) == names.end())
        return fail(Code::kInvalid, "routing: there is no exporter {}{}", name,
                    nearest_name(name, names));
  return {};
}

}  // namespace clew
