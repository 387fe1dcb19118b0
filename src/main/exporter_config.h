// What the file says about an agent's exporters, and about who gets what.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/export/debug_text.h"
#include "agent/export/rotating_file.h"
#include "agent/exporters.h"
#include "base/result.h"
#include "main/kafka_config.h"
#include "net/authorization.h"

namespace clew {

class YamlValue;

/// How to prove to a peer who we are; at most one of them.
struct PeerAuthConfig {
  struct Basic {
    std::string username;
    net::Secret password;
  };
  std::optional<Basic> basic;
  std::optional<net::Secret> bearer;
  std::optional<net::OAuth2Options> oauth2;
};

/// sending_queue and retry_on_failure of one exporter: what is unset is as for all.
struct ExporterOverrides {
  std::optional<uint64_t> queue_bytes, batch_bytes;
  std::optional<std::chrono::milliseconds> batch_timeout;
  std::optional<int> consumers;
  std::optional<bool> retries;
  std::optional<std::chrono::milliseconds> initial_interval, max_interval, max_elapsed_time;
  std::optional<double> multiplier, randomization;

  agent::ExporterOptions over(agent::ExporterOptions options) const;
  bool operator==(const ExporterOverrides&) const = default;
};

/// One entry of `exporters`, named TYPE or TYPE/NAME as in the OpenTelemetry Collector.
struct ExporterConfig {
  std::string endpoint;  // HOST:PORT for gRPC, the brokers of Kafka, else a URL
  std::string compression = "none";
  std::chrono::milliseconds timeout{10'000};
  std::string tls_enabled = "false";  // gRPC; also when a file is named
  net::ClientTls tls;
  net::HttpFields headers;
  PeerAuthConfig auth;
  agent::RotatingFileOptions file;           // type file
  std::optional<KafkaExporterConfig> kafka;  // type kafka
  agent::Verbosity verbosity = agent::Verbosity::kBasic;
  ExporterOverrides overrides;

  /// Whether a gRPC peer is talked to in TLS.
  bool uses_tls() const;
};

/// By name. "otlp" is always there, since flags set it; without an endpoint it stays unused as long
/// as there are others.
using ExporterConfigs = std::map<std::string, ExporterConfig>;

/// What of a name says how to talk: "otlp" of "otlp/backup".
std::string_view exporter_type(std::string_view name);

/// Reads `exporters:` and `routing:`; problems are reported with their lines.
void read_exporters(const YamlValue& section, ExporterConfigs& exporters);
void read_routing(const YamlValue& section, std::vector<agent::ExportRoute>& routes);

/// Checks what no single key can see; kInvalid names the exporter.
Result<void> validate(const ExporterConfigs& exporters,
                      const std::vector<agent::ExportRoute>& routes);

/// Those that are in use: all but an "otlp" without an endpoint.
std::vector<std::string> names_in_use(const ExporterConfigs& exporters);

}  // namespace clew
