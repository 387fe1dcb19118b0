// Every setting there is: one table per role.
#include <algorithm>
#include <iterator>

#include "base/limits.h"
#include "main/roles.h"
#include "main/settings_agent_queue.h"
#include "main/settings_common.h"
#include "main/settings_edit.h"
#include "main/settings_observe.h"
#include "main/settings_sampling.h"
#include "net/base_path.h"
#include "net/http_client.h"
#include "store/memory_budget.h"

namespace clew {
namespace {

void add_receivers(Settings& settings, ReceiverConfig& config) {
  settings.push_back(
      listen_setting("receivers.otlp.grpc", "--otlp-grpc", "OTLP over gRPC", config.otlp_grpc));
  settings.push_back(listen_setting("receivers.otlp.http", "--otlp-http",
                                    "OTLP over HTTP, protobuf and JSON", config.otlp_http));
  settings.push_back(listen_setting("receivers.zipkin.http", "--zipkin",
                                    "Zipkin v2 (JSON, protobuf) and v1 (JSON, thrift)",
                                    config.zipkin));
  settings.push_back(switch_setting("receivers.zipkin.parse_string_tags",
                                    "--zipkin-parse-string-tags",
                                    "Make numbers and truth values of Zipkin's tags that look so",
                                    config.zipkin_parse_string_tags));
  settings.push_back(listen_setting("receivers.jaeger.thrift_compact", "--jaeger-thrift-compact",
                                    "Jaeger's thrift over UDP, compact; its port is 6831",
                                    config.jaeger_thrift_compact));
  settings.push_back(listen_setting("receivers.jaeger.thrift_binary", "--jaeger-thrift-binary",
                                    "Jaeger's thrift over UDP, binary; its port is 6832",
                                    config.jaeger_thrift_binary));
  settings.push_back(listen_setting("receivers.jaeger.thrift_http", "--jaeger-thrift-http",
                                    "Jaeger's thrift over HTTP; its port is 14268",
                                    config.jaeger_thrift_http));
  settings.push_back(listen_setting("receivers.jaeger.grpc", "--jaeger-grpc",
                                    "Jaeger's protobuf over gRPC; its port is 14250",
                                    config.jaeger_grpc));
}

void add_tempo_query(Settings& settings, StoreConfig& config) {
  settings.push_back(listen_setting("tempo_query.http", "--tempo-query",
                                    "Tempo's query API, as under /tempo of --http; gRPC, too",
                                    config.tempo_query_http));
  settings.push_back(listen_setting("tempo_query.grpc", "--tempo-query-grpc",
                                    "Tempo's query service over gRPC alone",
                                    config.tempo_query_grpc));
}

void add_mesh_source(Settings& settings, StoreConfig& config) {
  settings.push_back(text_setting("mesh.url", "--mesh-url",
                                  "Show the mesh of this control plane: http://HOST:5681 of clew "
                                  "mesh run",
                                  config.mesh_url));
  settings.push_back(path_setting("mesh.token_file", "--mesh-token-file",
                                  "A reader's token for it; empty: it asks for none",
                                  config.mesh_token_file));
  settings.push_back(path_setting("mesh.ca_file", "--mesh-ca-file",
                                  "Trust this CA (PEM) when it is https; empty: the system's",
                                  config.mesh_ca_file));
}

void add_exporters(Settings& settings, AgentConfig& config) {
  settings.push_back(section_setting(
      "exporters", "Where spans go, by name; the settings of `otlp` are also flags",
      [&config](const YamlValue& value) { read_exporters(value, config.exporters); }));
  settings.push_back(
      section_setting("routing", "Which exporters get what; without it each gets everything",
                      [&config](const YamlValue& value) { read_routing(value, config.routing); }));
  ExporterConfig& otlp = config.exporters["otlp"];
  settings.push_back(text_setting("exporters.otlp.endpoint", "--exporter-otlp-endpoint",
                                  "HOST:PORT of the store's OTLP/gRPC", otlp.endpoint));
  settings.push_back(choice_setting("exporters.otlp.compression", "--exporter-otlp-compression",
                                    "Compression on the way to the store", otlp.compression,
                                    {"none", "gzip", "deflate"}));
  settings.push_back(duration_setting("exporters.otlp.timeout", "--exporter-otlp-timeout",
                                      "How long one send may take", otlp.timeout));
  settings.push_back(choice_setting("exporters.otlp.tls.enabled", "--exporter-otlp-tls",
                                    "Use TLS, as any of the files below also means",
                                    otlp.tls_enabled, {"false", "true"}));
  net::TlsFiles& files = otlp.tls.files;
  settings.push_back(path_setting("exporters.otlp.tls.ca_file", "--exporter-otlp-tls-ca-file",
                                  "Trust this CA (PEM); empty: the system's", files.ca_file));
  settings.push_back(path_setting("exporters.otlp.tls.cert_file", "--exporter-otlp-tls-cert-file",
                                  "Certificate to show to the store (PEM)", files.cert_file));
  settings.push_back(path_setting("exporters.otlp.tls.key_file", "--exporter-otlp-tls-key-file",
                                  "Its private key (PEM)", files.key_file));
}

void add_extensions(Settings& settings, AgentConfig& config) {
  settings.push_back(
      section_setting("extensions", "opamp: where the agent tells how it is, by OpAMP",
                      [&config](const YamlValue& value) { read_extensions(value, config.opamp); }));
  settings.push_back(text_setting("extensions.opamp.server.http.endpoint", "--opamp-endpoint",
                                  "Tell this OpAMP server how the agent is, over HTTP; a Clew "
                                  "store's is http://HOST:4318/v1/opamp",
                                  config.opamp["opamp"].server.endpoint));
}

Result<void> validate_receivers(const CommonConfig& common, const ReceiverConfig& receivers) {
  auto listeners = {&receivers.otlp_grpc,
                    &receivers.otlp_http,
                    &receivers.zipkin,
                    &receivers.jaeger_thrift_compact,
                    &receivers.jaeger_thrift_binary,
                    &receivers.jaeger_thrift_http,
                    &receivers.jaeger_grpc};
  if (!receivers.kafka &&
      std::ranges::none_of(listeners, [](auto* address) { return address->has_value(); }))
    return fail(Code::kInvalid,
                "no receiver is on: give at least one of --otlp-grpc, --otlp-http, --zipkin, "
                "--jaeger-thrift-compact, --jaeger-thrift-binary, --jaeger-thrift-http, "
                "--jaeger-grpc");
  return validate_common(common);
}

/// The exporter that flags set: it is needed if there is no other, and must not send in a circle.
Result<void> validate_otlp(const AgentConfig& config) {
  const std::string& target = config.exporters.at("otlp").endpoint;
  if (target.empty() && config.exporters.size() == 1)
    return fail(Code::kInvalid,
                "exporters.otlp.endpoint is not set: say where the store is, e.g. "
                "--exporter-otlp-endpoint 127.0.0.1:4317");
  auto endpoint = net::Address::parse(target);
  if (endpoint && config.receivers.otlp_grpc && *endpoint == *config.receivers.otlp_grpc)
    return fail(Code::kInvalid, "exporters.otlp.endpoint is this agent itself ({})", target);
  return {};
}

void add_http(Settings& settings, StoreConfig& config) {
  settings.push_back(listen_setting("http", "--http",
                                    "UI, query APIs, /ready, /health and /metrics", config.http));
  settings.push_back(text_setting("base_path", "--base-path",
                                  "What all paths of --http begin with, like /clew, where a proxy "
                                  "hands them on as they are",
                                  config.base_path));
}

}  // namespace

Settings settings_of(StoreConfig& config) {
  Settings settings;
  settings.push_back(path_setting("data", "--data", "Directory of the store", config.data));
  add_receivers(settings, config.receivers);
  add_http(settings, config);
  settings.push_back(listen_setting("jaeger_query.grpc", "--jaeger-query-grpc",
                                    "Jaeger's query services over gRPC, api_v2 and api_v3",
                                    config.jaeger_query_grpc));
  settings.push_back(
      switch_setting("zipkin_query.strict_trace_id", "--zipkin-strict-trace-id",
                     "Zipkin's queries take trace IDs as they are; false: those that "
                     "end in the same 64 bits are one trace",
                     config.zipkin_strict_trace_id));
  settings.push_back(text_setting("zipkin_query.autocomplete_keys", "--zipkin-autocomplete-keys",
                                  "Tags whose values Zipkin's queries propose, with commas between "
                                  "them; empty: all there are",
                                  config.zipkin_autocomplete_keys));
  settings.push_back(duration_setting("jaeger_query.max_clock_skew_adjustment",
                                      "--jaeger-max-clock-skew-adjustment",
                                      "How far Jaeger's query APIs move spans of hosts whose "
                                      "clocks differ; 0: not at all",
                                      config.jaeger_max_clock_skew));
  settings.push_back(listen_setting("jaeger_storage.grpc", "--jaeger-storage-grpc",
                                    "Jaeger's remote storage API over gRPC, for a Jaeger that "
                                    "keeps its traces here",
                                    config.jaeger_storage_grpc));
  add_tempo_query(settings, config);
  settings.push_back(choice_setting("storage.kind", "--storage",
                                    "Where spans are kept; in memory nothing survives a restart",
                                    config.storage, {"disk", "memory"}));
  settings.push_back(number_setting("storage.memory.max_spans", "--memory-max-spans",
                                    "With --storage memory: spans to keep, the newest",
                                    config.memory_max_spans, 1000, 1'000'000'000));
  settings.push_back(bytes_setting("storage.memory.max_bytes", "--memory-max-bytes",
                                   "With --storage memory: bytes to keep them in; 0: half of "
                                   "--memory-limit",
                                   config.memory_max_bytes));
  settings.push_back(choice_setting(
      "storage.durability", "--durability",
      "What an acknowledgement promises: fsync: survives power loss; os: survives a crash of clew; "
      "memory: nothing",
      config.durability, {"fsync", "os", "memory"}));
  settings.push_back(bytes_setting("storage.min_free_bytes", "--min-free-bytes",
                                   "Refuse spans while less of the disk is free; 0: 1 % of it, at "
                                   "least 256MiB, at most a tenth",
                                   config.min_free_bytes));
  settings.push_back(bytes_setting("memory_limit", "--memory-limit",
                                   "Memory that buffers, caches and connections may take",
                                   config.memory_limit));
  settings.push_back(bytes_setting("storage.head_bytes", "--head-bytes",
                                   "Memory for spans that are in no block yet; 0: 6/32 of "
                                   "--memory-limit",
                                   config.head_bytes));
  settings.push_back(duration_setting("retention.max_age", "--retention",
                                      "Remove spans older than this", config.retention));
  settings.push_back(bytes_setting("retention.max_bytes", "--max-bytes",
                                   "Remove the oldest spans past this many bytes on disk; 0: 80 % "
                                   "of the file system",
                                   config.max_bytes));
  add_mesh_source(settings, config);
  settings.push_back(tenant_retention_setting("retention.tenants", "--tenant-retention",
                                              "Age and bytes of some tenants, like "
                                              "shop=24h/10GiB,ads=/1GiB",
                                              config.tenant_retention));
  add_common_settings(settings, config.common);
  return settings;
}

Settings settings_of(AgentConfig& config) {
  Settings settings;
  add_exporters(settings, config);
  add_receivers(settings, config.receivers);
  settings.push_back(section_setting("receivers.kafka", "Topics of Kafka to read",
                                     [&config](const YamlValue& section) {
                                       KafkaReceiverConfig kafka;
                                       read_kafka_receiver(section, kafka);
                                       config.receivers.kafka = std::move(kafka);
                                     }));
  settings.push_back(listen_setting("http", "--http",
                                    "The status page, /ready, /health and /metrics", config.http));
  add_edit_settings(settings, config.edits);
  settings.push_back(sampling_setting(config.sampling));
  settings.push_back(remote_sampling_setting(config.remote_sampling));
  add_agent_queue(settings, config);
  settings.push_back(duration_setting("retry_on_failure.initial_interval",
                                      "--retry-initial-interval", "First wait before a retry",
                                      config.retry.initial_interval));
  settings.push_back(duration_setting("retry_on_failure.max_interval", "--retry-max-interval",
                                      "Longest wait before a retry", config.retry.max_interval));
  settings.push_back(duration_setting(
      "retry_on_failure.max_elapsed_time", "--retry-max-elapsed-time",
      "Give spans up after trying this long; 0: never", config.retry.max_elapsed_time));
  add_observe_settings(settings, config.observe);
  add_extensions(settings, config);
  add_common_settings(settings, config.common);
  return settings;
}

Result<void> validate(const StoreConfig& config) {
  if (config.data.empty()) return fail(Code::kInvalid, "--data: name a directory");
  if (!config.base_path.empty() && !net::is_base_path(config.base_path))
    return fail(Code::kInvalid,
                "base_path: \"{}\" must be like /clew or /tools/clew: no slash at the end, only "
                "letters, digits and - . _ ~",
                config.base_path);
  if (config.retention < std::chrono::hours(1))
    return fail(Code::kInvalid, "retention.max_age must be at least 1h");
  if (config.memory_limit < store::kLeastMemoryLimit)
    return fail(Code::kInvalid, "memory_limit must be at least 64MiB");
  if (config.memory_max_bytes != 0 && config.memory_max_bytes < 16 << 20)
    return fail(Code::kInvalid, "storage.memory.max_bytes must be at least 16MiB");
  if (config.mesh_url.empty() && !(config.mesh_token_file + config.mesh_ca_file).empty())
    return fail(Code::kInvalid, "mesh.url is not set: say where the control plane is");
  if (!config.mesh_url.empty())
    if (auto url = net::check_url(config.mesh_url); !url)
      return fail(Code::kInvalid, "mesh.url: {}", url.error().message);
  return validate_receivers(config.common, config.receivers);
}

Result<void> validate(const AgentConfig& config) {
  if (auto valid = validate_otlp(config); !valid) return valid;
  if (auto valid = validate(config.exporters, config.routing); !valid) return valid;
  if (auto valid = validate_agent_queue(config); !valid) return valid;
  if (auto valid = validate(config.opamp); !valid) return valid;
  constexpr std::chrono::milliseconds kLeast{1};
  if (config.retry.initial_interval < kLeast || config.retry.max_interval < kLeast)
    return fail(Code::kInvalid,
                "retry_on_failure.initial_interval and retry_on_failure.max_interval must be at "
                "least 1ms");
  return validate_receivers(config.common, config.receivers);
}

}  // namespace clew
