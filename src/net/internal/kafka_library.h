// What Kafka's producer and consumer share of librdkafka.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>

#include "base/result.h"
#include "net/kafka.h"

namespace clew::net::internal {

struct KafkaDelete {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
template <typename T>
using KafkaPtr = std::unique_ptr<T, KafkaDelete>;

/// A configuration being put together; the first error stays.
class KafkaConf {
 public:
  KafkaConf() : conf_(rd_kafka_conf_new()) {}

  void set(const std::string& name, const std::string& value);
  /// Brokers, client, TLS, SASL, and librdkafka's log into ours.
  void connect(const KafkaConnection& connection);
  rd_kafka_conf_t* get() { return conf_.get(); }

  /// The client; `type` says which.
  Result<KafkaPtr<rd_kafka_t>> client(rd_kafka_type_t type);

 private:
  KafkaPtr<rd_kafka_conf_t> conf_;
  Result<void> result_;
};

}  // namespace clew::net::internal
