// What `clew` can be. Each role runs until SIGINT or SIGTERM and shuts down in order.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/agent.h"
#include "agent/remote/remote_sampling.h"
#include "main/exporter_config.h"
#include "main/opamp_config.h"
#include "main/setting.h"
#include "net/address.h"
#include "net/authentication.h"
#include "net/tls.h"
#include "store/retention.h"

namespace clew {

/// The listeners spans come in by.
struct ReceiverConfig {
  std::optional<net::Address> otlp_grpc = net::Address{"127.0.0.1", 4317};
  std::optional<net::Address> otlp_http = net::Address{"127.0.0.1", 4318};
  std::optional<net::Address> zipkin = net::Address{"127.0.0.1", 9411};
  bool zipkin_parse_string_tags = false;
  std::optional<net::Address> jaeger_thrift_compact;  // UDP
  std::optional<net::Address> jaeger_thrift_binary;   // UDP
  std::optional<net::Address> jaeger_thrift_http;
  std::optional<net::Address> jaeger_grpc;
  std::optional<KafkaReceiverConfig> kafka;  // of agents only
};

/// What every role has.
struct CommonConfig {
  std::string log_level = "info";
  std::chrono::milliseconds shutdown_timeout{10'000};
  net::TlsFiles tls;              // of every listener; empty cert_file: plaintext
  net::AuthenticationFiles auth;  // of every listener; none: everyone is let in
};

/// `clew store` and `clew all-in-one`: spans in, queries out.
struct StoreConfig {
  CommonConfig common;
  ReceiverConfig receivers;
  std::optional<net::Address> http = net::Address{"127.0.0.1", 16686};
  std::string base_path;  // of `http`: "/clew"; empty: none
  std::optional<net::Address> jaeger_query_grpc = net::Address{"127.0.0.1", 16685};
  bool zipkin_strict_trace_id = true;
  std::string zipkin_autocomplete_keys;  // with commas between them; empty: all there are
  std::chrono::milliseconds jaeger_max_clock_skew{0};
  std::optional<net::Address> jaeger_storage_grpc = net::Address{"127.0.0.1", 17271};
  std::optional<net::Address> tempo_query_http = net::Address{"127.0.0.1", 3200};
  std::optional<net::Address> tempo_query_grpc = net::Address{"127.0.0.1", 3201};
  std::string data = "clew-data";
  std::string storage = "disk";  // or memory
  int memory_max_spans = 1'000'000;
  uint64_t memory_max_bytes = 0;  // 0: half of memory_limit
  std::string durability = "fsync";
  uint64_t min_free_bytes = 0;  // 0: by the file system's size
  uint64_t memory_limit = 1 << 30;
  uint64_t head_bytes = 0;  // 0: from memory_limit
  std::chrono::milliseconds retention = std::chrono::hours(336);
  uint64_t max_bytes = 0;  // 0: 80 % of the file system
  store::RetentionOverrides tenant_retention;
  std::string mesh_url;         // of a control plane's REST API; empty: there is none to show
  std::string mesh_token_file;  // empty: it is asked without
  std::string mesh_ca_file;     // empty: the system's
};

/// Where an agent tells Jaeger's clients how to sample, and what.
struct RemoteSamplingConfig {
  std::optional<net::Address> http = net::Address{"127.0.0.1", 5778};
  std::optional<net::Address> grpc;
  agent::RemoteSamplingOptions sampling;
};

/// `clew agent`: spans in, spans out.
struct AgentConfig {
  CommonConfig common;
  ReceiverConfig receivers;
  std::optional<net::Address> http = net::Address{"127.0.0.1", 13133};
  agent::EditOptions edits;
  agent::ObserveOptions observe;
  std::optional<agent::SamplingConfig> sampling;  // empty: everything is kept
  std::optional<RemoteSamplingConfig> remote_sampling;
  std::string queue_directory;  // empty: in memory
  uint64_t queue_bytes = 0;     // 0: 4 GiB on disk, in memory by memory_limit
  std::string queue_durability = "fsync";
  std::string queue_overflow = "refuse";
  uint64_t batch_bytes = 512 << 10;
  std::chrono::milliseconds batch_timeout{200};
  int consumers = 4;
  agent::RetryOptions retry;
  uint64_t memory_limit = 256 << 20;
  bool lower_rates = true;  // when memory is nearly full
  ExporterConfigs exporters = {{"otlp", {}}};
  std::vector<agent::ExportRoute> routing;
  OpampConfigs opamp = {{"opamp", {}}};  // whom to tell how the agent is

  std::string file;  // where it was read from; empty: flags and environment only
  /// Reads the file, environment and flags again, as they are now.
  std::function<Result<void>(AgentConfig&)> read_again = {};
};

Settings settings_of(StoreConfig& config);
Settings settings_of(AgentConfig& config);

/// Checks what no single setting can see: that something listens, that there is an endpoint.
Result<void> validate(const StoreConfig& config);
Result<void> validate(const AgentConfig& config);

/// Runs until a signal comes; an error is why it could not start or stop well.
Result<void> run_store(const StoreConfig& config);
Result<void> run_agent(const AgentConfig& config);

}  // namespace clew
