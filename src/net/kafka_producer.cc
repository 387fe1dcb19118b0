#include <array>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "net/internal/kafka_library.h"

namespace clew::net {
namespace {

using internal::KafkaConf;
using internal::KafkaPtr;

constexpr int kPollMs = 100;

Error error_of(rd_kafka_resp_err_t error, const std::string& topic) {
  bool too_large = error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
                   error == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE;
  std::string text = fmt::format("kafka, topic {}: {}", topic, rd_kafka_err2str(error));
  return {too_large ? Code::kTooLarge : Code::kUnavailable, std::move(text)};
}

/// Messages that are answered together.
class Delivery {
 public:
  Delivery(std::vector<KafkaMessage> messages, KafkaProducer::Done done)
      : messages_(std::move(messages)), left_(messages_.size()), done_(std::move(done)) {}

  const std::vector<KafkaMessage>& messages() const { return messages_; }

  void on_delivered(std::optional<Error> error) {
    std::unique_lock lock(mutex_);
    // An error that stays weighs more: sending all again would meet it again.
    if (error && (!error_ || error->code == Code::kTooLarge)) error_ = std::move(error);
    if (--left_ > 0) return;
    lock.unlock();
    done_(error_ ? Result<void>(std::unexpected(*std::move(error_))) : Result<void>());
  }

 private:
  const std::vector<KafkaMessage> messages_;
  std::mutex mutex_;
  size_t left_;
  std::optional<Error> error_;
  KafkaProducer::Done done_;
};

/// What librdkafka carries with a message until it is delivered.
using Ticket = std::shared_ptr<Delivery>;

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  std::unique_ptr<Ticket> ticket(static_cast<Ticket*>(message->_private));
  std::optional<Error> error;
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
    error = error_of(message->err, rd_kafka_topic_name(message->rkt));
  (*ticket)->on_delivered(std::move(error));
}

rd_kafka_resp_err_t produce(rd_kafka_t* client, const KafkaMessage& message, Ticket* ticket) {
  rd_kafka_headers_t* headers = rd_kafka_headers_new(message.headers.size());
  for (const auto& [name, value] : message.headers)
    rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                        static_cast<ssize_t>(value.size()));
  std::string_view value = message.value.view();
  // No copy: the ticket keeps the bytes until the delivery is known. The library's macros for these
  // are not C++, so its union of arguments is filled by hand.
  std::array<rd_kafka_vu_t, 5> arguments{};
  arguments[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  arguments[0].u.cstr = message.topic.c_str();
  arguments[1].vtype = RD_KAFKA_VTYPE_VALUE;
  arguments[1].u.mem = {const_cast<char*>(value.data()), value.size()};
  arguments[2].vtype = RD_KAFKA_VTYPE_KEY;
  if (!message.key.empty())
    arguments[2].u.mem = {const_cast<char*>(message.key.data()), message.key.size()};
  arguments[3].vtype = RD_KAFKA_VTYPE_HEADERS;
  arguments[3].u.headers = headers;
  arguments[4].vtype = RD_KAFKA_VTYPE_OPAQUE;
  arguments[4].u.ptr = ticket;
  std::unique_ptr<rd_kafka_error_t, void (*)(rd_kafka_error_t*)> failure(
      rd_kafka_produceva(client, arguments.data(), arguments.size()), rd_kafka_error_destroy);
  auto error = failure ? rd_kafka_error_code(failure.get()) : RD_KAFKA_RESP_ERR_NO_ERROR;
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_headers_destroy(headers);
  return error;
}

}  // namespace

struct KafkaProducer::Impl {
  KafkaPtr<rd_kafka_t> client;
  std::jthread poller;

  ~Impl() {
    poller.request_stop();
    poller.join();
    rd_kafka_purge(client.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(client.get(), kPollMs);  // answers what was purged
  }
};

KafkaProducer::KafkaProducer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KafkaProducer::~KafkaProducer() = default;

Result<std::unique_ptr<KafkaProducer>> KafkaProducer::create(const KafkaProducerOptions& options) {
  KafkaConf conf;
  conf.connect(options.connection);
  conf.set("compression.type", options.compression);
  conf.set("acks", std::to_string(options.required_acks));
  conf.set("message.max.bytes", std::to_string(options.max_message_bytes));
  conf.set("message.timeout.ms", std::to_string(options.timeout.count()));
  // Requests are batches already; waiting for company would only hold up who waits for the answer.
  conf.set("linger.ms", "0");
  rd_kafka_conf_set_dr_msg_cb(conf.get(), on_delivery);
  auto client = conf.client(RD_KAFKA_PRODUCER);
  if (!client) return std::unexpected(client.error());
  auto impl = std::make_unique<Impl>();
  impl->client = *std::move(client);
  impl->poller = std::jthread([client = impl->client.get()](const std::stop_token& stop) {
    while (!stop.stop_requested()) rd_kafka_poll(client, kPollMs);
  });
  return std::unique_ptr<KafkaProducer>(new KafkaProducer(std::move(impl)));
}

void KafkaProducer::send(std::vector<KafkaMessage> messages, Done done) {
  if (messages.empty()) return done({});
  auto delivery = std::make_shared<Delivery>(std::move(messages), std::move(done));
  for (const KafkaMessage& message : delivery->messages()) {
    auto ticket = std::make_unique<Ticket>(delivery);
    auto error = produce(impl_->client.get(), message, ticket.get());
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
      static_cast<void>(ticket.release());  // on_delivery has it
    else
      delivery->on_delivered(error_of(error, message.topic));
  }
}

}  // namespace clew::net
