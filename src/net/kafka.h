// Kafka by librdkafka: messages out with a broker's word for each, messages in that are committed
// once they are safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_budget.h"
#include "base/bytes.h"
#include "base/result.h"
#include "net/http_message.h"
#include "net/secret.h"
#include "net/tls.h"

namespace clew::net {

/// How to reach a cluster.
struct KafkaConnection {
  std::vector<std::string> brokers;  // HOST:PORT
  std::string client_id = "clew";
  bool uses_tls = false;
  ClientTls tls;  // server_name is not for Kafka: a broker is who its advertised name says
  struct Sasl {
    std::string mechanism = "PLAIN";  // SCRAM-SHA-256, SCRAM-SHA-512
    std::string username;
    Secret password;  // read when the client starts
  };
  std::optional<Sasl> sasl;

  /// The brokers, for people.
  std::string text() const;
};

/// One message. Headers are HttpFields, since they are names and values too.
struct KafkaMessage {
  std::string topic;
  std::string key;  // empty: none; messages of a key go to one partition
  HttpFields headers;
  SharedBytes value;
};

struct KafkaProducerOptions {
  KafkaConnection connection;
  std::string compression = "none";  // gzip, snappy, lz4, zstd
  int required_acks = -1;            // -1: all in-sync replicas; 1: the leader; 0: nobody
  size_t max_message_bytes = 1'000'000;
  std::chrono::milliseconds timeout{10'000};
};

/// Writes messages. Any thread may call it.
class KafkaProducer {
 public:
  /// Called exactly once, on any thread.
  using Done = std::move_only_function<void(Result<void>)>;

  /// Does not connect yet. kInvalid for what librdkafka says of the settings, kIo for a secret.
  static Result<std::unique_ptr<KafkaProducer>> create(const KafkaProducerOptions& options);
  /// What is not answered by then gets kUnavailable.
  ~KafkaProducer();

  /// Sends all of `messages`; success once the brokers have them all. kUnavailable if any may not
  /// have arrived: all are to be sent again, and some come twice. kTooLarge if one is larger than
  /// the brokers take.
  void send(std::vector<KafkaMessage> messages, Done done);

 private:
  struct Impl;
  explicit KafkaProducer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct KafkaConsumerOptions {
  KafkaConnection connection;
  std::string name = "kafka";  // in logs
  std::vector<std::string> topics;
  std::string group_id = "clew";
  std::string initial_offset = "latest";  // or earliest: where a group without offsets begins
  std::chrono::milliseconds session_timeout{10'000};  // a member silent for longer is out
  std::chrono::milliseconds heartbeat_interval{3'000};
  size_t max_message_bytes = 1 << 20;  // a larger one is passed over
  size_t max_in_flight = 64;           // messages handed out and not answered
  /// Pays for messages that are handed out; null: nobody counts.
  std::shared_ptr<ByteBudget> inflight = nullptr;
};

/// Answers for one message, once, on any thread.
using KafkaAnswer = std::move_only_function<void(Result<void>)>;
/// Takes one message; it is called on the consumer's thread and must not block.
using KafkaHandler = std::function<void(const KafkaMessage& message, KafkaAnswer answer)>;

/// Reads topics as a member of a consumer group: at least once. An offset is committed when that
/// message and all before it in its partition are answered. A retryable error brings the message
/// again after a while, and nothing new is read meanwhile; after any other the message is passed
/// over, as it would fail for ever. Counter:
/// clew_kafka_messages_total{receiver,topic,outcome}; outcome is accepted, failed or retried.
class KafkaConsumer {
 public:
  /// Joins in the background. Errors as KafkaProducer::create.
  static Result<std::unique_ptr<KafkaConsumer>> start(KafkaConsumerOptions options,
                                                      KafkaHandler handler);
  /// As stop() with no time left.
  ~KafkaConsumer();

  /// Reads no more, waits for answers at most `deadline`, commits and leaves the group.
  void stop(std::chrono::milliseconds deadline);

 private:
  struct Impl;
  explicit KafkaConsumer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace clew::net
