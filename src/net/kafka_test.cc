// What needs no broker; the rest is in test/test_kafka.py, against a real one.
#include "net/kafka.h"

#include <gtest/gtest.h>

#include <future>

namespace clew::net {
namespace {

using namespace std::chrono_literals;

/// Nobody listens there.
KafkaConnection nowhere() {
  return {.brokers = {"127.0.0.1:1"}};
}

TEST(Kafka, ABrokerThatIsAwayIsWorthAnotherTry) {
  auto producer = KafkaProducer::create({.connection = nowhere(), .timeout = 200ms});
  ASSERT_TRUE(producer.has_value());
  std::promise<Result<void>> answered;
  std::vector<KafkaMessage> messages(2, {.topic = "t", .value = SharedBytes::copy("x")});
  (*producer)->send(messages, [&](Result<void> result) { answered.set_value(std::move(result)); });
  auto answer = answered.get_future().get();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::kUnavailable);
  EXPECT_NE(answer.error().message.find("topic t"), std::string::npos);
}

TEST(Kafka, AMessageThatIsTooLargeIsNot) {
  auto producer = KafkaProducer::create({.connection = nowhere(), .max_message_bytes = 1000});
  ASSERT_TRUE(producer.has_value());
  std::promise<Result<void>> answered;
  std::vector<KafkaMessage> messages(1, {.topic = "t"});
  messages[0].value = SharedBytes::take(std::string(2000, 'x'));
  (*producer)->send(messages, [&](Result<void> result) { answered.set_value(std::move(result)); });
  EXPECT_EQ(answered.get_future().get().error().code, Code::kTooLarge);
}

TEST(Kafka, WhatIsLeftWhenTheProducerGoesIsAnswered) {
  std::promise<Result<void>> answered;
  {
    auto producer = KafkaProducer::create({.connection = nowhere(), .timeout = 1h});
    std::vector<KafkaMessage> messages(1, {.topic = "t", .value = SharedBytes::copy("x")});
    (*producer)->send(messages,
                      [&](Result<void> result) { answered.set_value(std::move(result)); });
  }
  EXPECT_EQ(answered.get_future().get().error().code, Code::kUnavailable);
}

TEST(Kafka, WrongSettingsAreTold) {
  KafkaConnection connection = nowhere();
  connection.sasl = {
      .mechanism = "PLAIN", .username = "u", .password = Secret::in_file("/nonexistent/password")};
  auto producer = KafkaProducer::create({.connection = connection});
  ASSERT_FALSE(producer.has_value());
  EXPECT_NE(producer.error().message.find("/nonexistent/password"), std::string::npos);
  auto other = KafkaProducer::create({.connection = nowhere(), .compression = "rar"});
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().code, Code::kInvalid);
  auto consumer = KafkaConsumer::start(
      {.connection = nowhere(), .topics = {"t"}, .initial_offset = "yesterday"}, {});
  ASSERT_FALSE(consumer.has_value());
  EXPECT_EQ(consumer.error().code, Code::kInvalid);
}

TEST(Kafka, AConsumerWithoutABrokerCanBeStopped) {
  auto consumer = KafkaConsumer::start({.connection = nowhere(), .topics = {"t"}},
                                       [](const KafkaMessage&, KafkaAnswer) { FAIL(); });
  ASSERT_TRUE(consumer.has_value());
  (*consumer)->stop(1s);
}

}  // namespace
}  // namespace clew::net
