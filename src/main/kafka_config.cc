#include "main/kafka_config.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/limits.h"
#include "main/yaml_access.h"
#include "net/address.h"
#include "receive/kafka_endpoint.h"

namespace clew {
namespace {

std::string default_topic(otlp::Signal signal) {
  return signal == otlp::Signal::kTraces ? "otlp_spans"
                                         : fmt::format("otlp_{}", otlp::name_of(signal));
}

void read_sasl(const YamlValue& section, net::KafkaConnection& connection) {
  net::KafkaConnection::Sasl sasl;
  SecretReader password("password");
  section.fields({field("username", sasl.username),
                  field("password", password.text),
                  field("password_file", password.path),
                  {"mechanism", [&](const YamlValue& value) {
                     value.choice_into(sasl.mechanism, {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"});
                   }}});
  if (sasl.username.empty()) section.problem("set username");
  sasl.password = password.secret(section);
  connection.sasl = std::move(sasl);
}

/// What both sections say about the cluster.
class ConnectionReader {
 public:
  explicit ConnectionReader(net::KafkaConnection& connection) : connection_(connection) {}

  void add_fields(Fields& fields) {
    fields.push_back(field("brokers", connection_.brokers));
    fields.push_back(field("client_id", connection_.client_id));
    fields.push_back({"tls", [this](const YamlValue& value) {
                        enabled_ = "true";
                        read_tls(value, connection_.tls, &enabled_);
                        if (!connection_.tls.server_name.empty())
                          value.problem(
                              "server_name_override is not for Kafka: brokers are who "
                              "their advertised names say");
                      }});
    fields.push_back({"auth", [this](const YamlValue& value) {
                        value.fields({{"sasl", [this](const YamlValue& sasl) {
                                         read_sasl(sasl, connection_);
                                       }}});
                      }});
  }

  /// To be called when the section has been read.
  void finish(const YamlValue& section) {
    connection_.uses_tls = enabled_ == "true";
    if (connection_.brokers.empty()) return section.problem("set brokers, a list of HOST:PORT");
    for (const std::string& broker : connection_.brokers) {
      auto address = net::Address::parse(broker);
      if (!address) return section.problem("brokers: " + address.error().message);
    }
  }

 private:
  net::KafkaConnection& connection_;
  std::string enabled_ = "false";
};

void read_source(const YamlValue& section, otlp::Signal signal,
                 KafkaReceiverConfig::Source& source) {
  source.topics = {default_topic(signal)};
  bool (*known)(std::string_view) = signal == otlp::Signal::kTraces
                                        ? receive::is_kafka_span_encoding
                                        : receive::is_kafka_payload_encoding;
  section.fields({field("topics", source.topics),
                  {"encoding", [&](const YamlValue& value) {
                     value.into(source.encoding);
                     if (!known(source.encoding))
                       value.problem(
                           "otlp_proto and otlp_json are read; of spans also jaeger_proto, "
                           "zipkin_proto, zipkin_json and zipkin_thrift");
                   }}});
  if (source.topics.empty()) section.problem("name at least one of topics");
}

agent::MessageEncoding encoding_of(const std::string& name) {
  using enum agent::MessageEncoding;
  if (name == "otlp_json") return kOtlpJson;
  if (name == "jaeger_proto") return kJaegerProto;
  return name == "zipkin_json" ? kZipkinJson : kOtlpProto;
}

void read_target(const YamlValue& section, otlp::Signal signal, KafkaExporterConfig& config) {
  bool spans = signal == otlp::Signal::kTraces;
  std::string encoding = "otlp_proto";
  section.fields({field("topic", config.topics[static_cast<size_t>(signal)]),
                  {"encoding", [&](const YamlValue& value) {
                     if (spans)
                       value.choice_into(
                           encoding, {"otlp_proto", "otlp_json", "jaeger_proto", "zipkin_json"});
                     else
                       value.choice_into(encoding, {"otlp_proto"});
                   }}});
  if (config.topic(signal).empty()) section.problem("topic must not be empty");
  if (spans) config.spans.encoding = encoding_of(encoding);
}

void read_producer(const YamlValue& section, net::KafkaProducerOptions& producer) {
  section.fields({{"compression",
                   [&](const YamlValue& value) {
                     value.choice_into(producer.compression,
                                       {"none", "gzip", "snappy", "lz4", "zstd"});
                   }},
                  {"required_acks",
                   [&](const YamlValue& value) { value.into(producer.required_acks, -1, 1); }},
                  {"max_message_bytes", [&](const YamlValue& value) {
                     value.into(producer.max_message_bytes, size_t{1000}, limits::kRequestBytes);
                   }}});
}

}  // namespace

std::set<std::string> KafkaReceiverConfig::encodings() const {
  std::set<std::string> names;
  for (const Source& source : sources)
    if (!source.topics.empty()) names.insert(source.encoding);
  return names;
}

void read_kafka_receiver(const YamlValue& section, KafkaReceiverConfig& config) {
  ConnectionReader connection(config.connection);
  Fields fields = {field("group_id", config.group_id),
                   field("session_timeout", config.session_timeout),
                   field("heartbeat_interval", config.heartbeat_interval),
                   {"initial_offset", [&](const YamlValue& value) {
                      value.choice_into(config.initial_offset, {"latest", "earliest"});
                    }}};
  connection.add_fields(fields);
  for (otlp::Signal signal : otlp::kSignals)
    fields.push_back({otlp::name_of(signal), [&config, signal](const YamlValue& value) {
                        read_source(value, signal, config.of(signal));
                      }});
  section.fields(fields);
  connection.finish(section);
  if (config.encodings().empty())
    config.of(otlp::Signal::kTraces).topics = {default_topic(otlp::Signal::kTraces)};
}

void read_kafka_exporter(const YamlValue& section, KafkaExporterConfig& config, Fields fields) {
  ConnectionReader connection(config.producer.connection);
  connection.add_fields(fields);
  for (otlp::Signal signal : otlp::kSignals) {
    config.topics[static_cast<size_t>(signal)] = default_topic(signal);
    fields.push_back({otlp::name_of(signal), [&config, signal](const YamlValue& value) {
                        read_target(value, signal, config);
                      }});
  }
  fields.push_back(field("timeout", config.producer.timeout));
  fields.push_back(field("partition_traces_by_id", config.spans.by_trace));
  fields.push_back(
      {"producer", [&](const YamlValue& value) { read_producer(value, config.producer); }});
  section.fields(fields);
  connection.finish(section);
  // What librdkafka adds to a message counts for the brokers too.
  constexpr size_t kMessageHead = 512;
  config.spans.max_bytes = config.producer.max_message_bytes - kMessageHead;
}

}  // namespace clew
