// The peer that is a Kafka cluster.
#include <utility>

#include "main/peer.h"
#include "net/kafka.h"

namespace clew {
namespace {

class KafkaPeer final : public Peer {
 public:
  KafkaPeer(const KafkaExporterConfig& config, std::unique_ptr<net::KafkaProducer> producer)
      : config_(config), producer_(std::move(producer)) {}

  void send(otlp::Signal signal, const Tenant& tenant, SharedBytes request, Done done) override {
    auto encoded = encode(signal, std::move(request));
    if (!encoded) return done(std::unexpected(std::move(encoded.error())));
    std::vector<net::KafkaMessage> messages;
    for (agent::EncodedMessage& message : *encoded)
      messages.push_back({.topic = config_.topic(signal),
                          .key = std::move(message.key),
                          .headers = {{"X-Scope-OrgID", tenant.name()}},
                          .value = std::move(message.value)});
    producer_->send(std::move(messages), std::move(done));
  }

 private:
  Result<std::vector<agent::EncodedMessage>> encode(otlp::Signal signal,
                                                    SharedBytes request) const {
    if (signal == otlp::Signal::kTraces) return agent::messages_of_spans(request, config_.spans);
    std::vector<agent::EncodedMessage> one;
    one.push_back({"", std::move(request)});
    return one;
  }

  const KafkaExporterConfig config_;
  const std::unique_ptr<net::KafkaProducer> producer_;
};

}  // namespace

Result<std::unique_ptr<Peer>> make_kafka_peer(const ExporterConfig& config) {
  auto producer = net::KafkaProducer::create(config.kafka->producer);
  if (!producer) return std::unexpected(producer.error());
  return std::make_unique<KafkaPeer>(*config.kafka, *std::move(producer));
}

}  // namespace clew
