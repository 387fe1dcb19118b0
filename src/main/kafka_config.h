// What the file says about Kafka: the sections `receivers.kafka` and `exporters.kafka`.
#pragma once

#include <array>
#include <chrono>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/export/messages.h"
#include "net/kafka.h"
#include "otlp/signal.h"

namespace clew {

class YamlValue;
struct YamlField;

/// Topics to read, in the keys of the OpenTelemetry Collector's Kafka receiver.
struct KafkaReceiverConfig {
  struct Source {
    std::vector<std::string> topics;  // empty: this signal is not read
    std::string encoding = "otlp_proto";
  };

  net::KafkaConnection connection;
  std::string group_id = "clew";
  std::string initial_offset = "latest";
  std::chrono::milliseconds session_timeout{10'000};
  std::chrono::milliseconds heartbeat_interval{3'000};
  std::array<Source, otlp::kSignals.size()> sources;

  Source& of(otlp::Signal signal) { return sources[static_cast<size_t>(signal)]; }
  const Source& of(otlp::Signal signal) const { return sources[static_cast<size_t>(signal)]; }
  /// Of what is read.
  std::set<std::string> encodings() const;
};

/// Topics to write, in the keys of the Collector's Kafka exporter.
struct KafkaExporterConfig {
  net::KafkaProducerOptions producer;
  std::array<std::string, otlp::kSignals.size()> topics;
  agent::MessageOptions spans;

  const std::string& topic(otlp::Signal signal) const {
    return topics[static_cast<size_t>(signal)];
  }
};

/// Read the sections; problems are reported with their lines.
void read_kafka_receiver(const YamlValue& section, KafkaReceiverConfig& config);
/// `fields` are those that all exporters have.
void read_kafka_exporter(const YamlValue& section, KafkaExporterConfig& config,
                         std::vector<YamlField> fields);

}  // namespace clew
