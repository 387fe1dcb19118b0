#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/metrics.h"
#include "base/repeat_gate.h"
#include "net/internal/kafka_library.h"

namespace clew::net {
namespace {

using internal::KafkaConf;
using internal::KafkaPtr;
using std::chrono::milliseconds;
using Time = std::chrono::steady_clock::time_point;

constexpr milliseconds kPoll{200};     // when nothing is in flight
constexpr milliseconds kLook{20};      // for answers, between messages
constexpr milliseconds kRetry{1000};   // when whoever refused did not say
constexpr milliseconds kNoMemory{50};  // until memory is asked for again
/// What librdkafka fetches ahead, in KiB: it is not in any budget of ours.
constexpr char kFetchedAheadKiB[] = "8192";

/// A message on its way, and its place in its partition.
struct Delivery {
  KafkaMessage message;
  int32_t partition = 0;
  int64_t offset = 0;
  Time due{};
};

/// Answers, which may come from any thread and after the consumer is gone.
struct Answers {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::pair<uint64_t, Result<void>>> come;
};

/// Which offset of each partition may be committed: past all that is answered from the left.
class Progress {
 public:
  using Partition = std::pair<std::string, int32_t>;

  void begin(const Delivery& delivery) {
    open_[{delivery.message.topic, delivery.partition}].push_back({delivery.offset, false});
  }
  /// The offset to commit now, if this answer moved it.
  std::optional<int64_t> end(const Delivery& delivery) {
    auto& offsets = open_[{delivery.message.topic, delivery.partition}];
    auto at = std::ranges::find(offsets, std::pair(delivery.offset, false));
    if (at != offsets.end()) at->second = true;
    std::optional<int64_t> commit;
    for (; !offsets.empty() && offsets.front().second; offsets.pop_front())
      commit = offsets.front().first + 1;
    return commit;
  }

 private:
  std::map<Partition, std::deque<std::pair<int64_t, bool>>> open_;
};

HttpFields headers_of(const rd_kafka_message_t* message) {
  HttpFields fields;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return fields;
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == 0; ++i)
    fields.emplace_back(name, std::string(static_cast<const char*>(value), size));
  return fields;
}

/// The message, copied out of what was fetched with it: one that is queued for hours would keep
/// all of that.
Delivery delivery_of(const rd_kafka_message_t* message) {
  auto text = [](const void* bytes, size_t size) {
    return std::string_view(static_cast<const char*>(bytes), size);
  };
  return {.message = {.topic = rd_kafka_topic_name(message->rkt),
                      .key = std::string(text(message->key, message->key_len)),
                      .headers = headers_of(message),
                      .value = SharedBytes::copy(text(message->payload, message->len))},
          .partition = message->partition,
          .offset = message->offset};
}

}  // namespace

struct KafkaConsumer::Impl {
  Impl(KafkaConsumerOptions the_options, KafkaHandler the_handler, KafkaPtr<rd_kafka_t> the_client)
      : options(std::move(the_options)),
        handler(std::move(the_handler)),
        client(std::move(the_client)) {}
  ~Impl() { stop(milliseconds(0)); }

  Result<void> subscribe();
  void run(const std::stop_token& stop);
  void stop(milliseconds time);

 private:
  void poll(milliseconds timeout);
  void hand_out_waiting();
  bool hand_out(Delivery& delivery);
  void take_answers(milliseconds timeout);
  void on_answer(uint64_t id, const Result<void>& answer);
  void close(const Delivery& delivery, const Result<void>& answer);
  void pause(bool on);
  void store_offset(const Delivery& delivery, int64_t offset);
  void count(const Delivery& delivery, const char* outcome);
  void warn(const std::string& about, const std::string& text);
  bool has_room() const { return waiting_.empty() && in_flight_.size() < options.max_in_flight; }
  milliseconds until_due() const;

  const KafkaConsumerOptions options;
  const KafkaHandler handler;
  const KafkaPtr<rd_kafka_t> client;
  const std::shared_ptr<Answers> answers_ = std::make_shared<Answers>();
  std::atomic<Time> end_{Time{}};  // of waiting for answers, once stopped

  // Of the thread.
  std::map<uint64_t, Delivery> in_flight_;
  std::deque<Delivery> waiting_;  // for memory, or for another try
  Progress progress_;
  uint64_t next_id_ = 0;
  bool paused_ = false;
  RepeatGate gate_{std::chrono::seconds(10)};

 public:
  std::jthread thread;
};

Result<void> KafkaConsumer::Impl::subscribe() {
  rd_kafka_poll_set_consumer(client.get());
  KafkaPtr<rd_kafka_topic_partition_list_t> topics(
      rd_kafka_topic_partition_list_new(static_cast<int>(options.topics.size())));
  for (const std::string& topic : options.topics)
    rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  auto error = rd_kafka_subscribe(client.get(), topics.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return fail(Code::kInvalid, "kafka: {}", rd_kafka_err2str(error));
  return {};
}

void KafkaConsumer::Impl::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    hand_out_waiting();
    pause(!has_room());
    // Also while nothing is wanted: who does not poll is thrown out of the group.
    if (has_room())
      poll(in_flight_.empty() ? kPoll : kLook);
    else
      poll(milliseconds(0));
    take_answers(has_room() ? milliseconds(0) : until_due());
  }
  while (!in_flight_.empty() && std::chrono::steady_clock::now() < end_.load()) take_answers(kLook);
  rd_kafka_commit(client.get(), nullptr, /*async=*/0);
  rd_kafka_consumer_close(client.get());
}

void KafkaConsumer::Impl::poll(milliseconds timeout) {
  KafkaPtr<rd_kafka_message_t> message(
      rd_kafka_consumer_poll(client.get(), static_cast<int>(timeout.count())));
  if (!message) return;
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
    return warn(rd_kafka_err2name(message->err), rd_kafka_message_errstr(message.get()));
  Delivery delivery = delivery_of(message.get());
  progress_.begin(delivery);
  // A fetch brings one that is larger than was asked for rather than nothing.
  if (message->len > options.max_message_bytes)
    return close(delivery, fail(Code::kTooLarge, "the message has {} bytes, at most {}",
                                message->len, options.max_message_bytes));
  if (!waiting_.empty() || !hand_out(delivery)) waiting_.push_back(std::move(delivery));
}

void KafkaConsumer::Impl::hand_out_waiting() {
  auto now = std::chrono::steady_clock::now();
  for (size_t i = waiting_.size(); i > 0; --i) {
    Delivery delivery = std::move(waiting_.front());
    waiting_.pop_front();
    if (delivery.due > now || !hand_out(delivery)) waiting_.push_back(std::move(delivery));
  }
}

/// False if there is no memory for it now.
bool KafkaConsumer::Impl::hand_out(Delivery& delivery) {
  ByteLease lease(options.inflight);
  if (!lease.grow_to(delivery.message.value.size())) {
    delivery.due = std::chrono::steady_clock::now() + kNoMemory;
    return false;
  }
  KafkaMessage message = delivery.message;
  message.value = with_lease(std::move(message.value), std::move(lease));
  uint64_t id = next_id_++;
  in_flight_.emplace(id, std::move(delivery));
  handler(message, [answers = answers_, id](Result<void> answer) {
    std::lock_guard lock(answers->mutex);
    answers->come.emplace_back(id, std::move(answer));
    answers->changed.notify_one();
  });
  return true;
}

void KafkaConsumer::Impl::take_answers(milliseconds timeout) {
  std::vector<std::pair<uint64_t, Result<void>>> come;
  {
    std::unique_lock lock(answers_->mutex);
    answers_->changed.wait_for(lock, timeout, [this] { return !answers_->come.empty(); });
    come.swap(answers_->come);
  }
  for (const auto& [id, answer] : come) on_answer(id, answer);
}

void KafkaConsumer::Impl::on_answer(uint64_t id, const Result<void>& answer) {
  Delivery delivery = std::move(in_flight_.extract(id).mapped());
  if (!answer && is_retryable(answer.error())) {
    count(delivery, "retried");
    delivery.due = std::chrono::steady_clock::now() + answer.error().retry_after.value_or(kRetry);
    waiting_.push_back(std::move(delivery));
    return;
  }
  close(delivery, answer);
}

/// Whatever came of it, it does not come again.
void KafkaConsumer::Impl::close(const Delivery& delivery, const Result<void>& answer) {
  count(delivery, answer ? "accepted" : "failed");
  if (!answer)
    warn(delivery.message.topic,
         fmt::format("topic {}, partition {}, offset {} is passed over: {}", delivery.message.topic,
                     delivery.partition, delivery.offset, answer.error().message));
  if (auto offset = progress_.end(delivery)) store_offset(delivery, *offset);
}

milliseconds KafkaConsumer::Impl::until_due() const {
  auto wait = kPoll;
  auto now = std::chrono::steady_clock::now();
  for (const Delivery& delivery : waiting_)
    wait = std::min(wait, std::chrono::duration_cast<milliseconds>(delivery.due - now));
  return std::max(wait, milliseconds(1));
}

/// Of all partitions that are assigned now: who is blocked says so again after each rebalancing.
void KafkaConsumer::Impl::pause(bool on) {
  if (!on && !paused_) return;
  paused_ = on;
  rd_kafka_topic_partition_list_t* assigned = nullptr;
  if (rd_kafka_assignment(client.get(), &assigned) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  KafkaPtr<rd_kafka_topic_partition_list_t> partitions(assigned);
  if (on)
    rd_kafka_pause_partitions(client.get(), partitions.get());
  else
    rd_kafka_resume_partitions(client.get(), partitions.get());
}

/// It is committed within a second. A partition that another member has by now refuses it, and what
/// was in flight comes to that member again.
void KafkaConsumer::Impl::store_offset(const Delivery& delivery, int64_t offset) {
  KafkaPtr<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), delivery.message.topic.c_str(), delivery.partition)
      ->offset = offset;
  static_cast<void>(rd_kafka_offsets_store(client.get(), list.get()));
}

void KafkaConsumer::Impl::count(const Delivery& delivery, const char* outcome) {
  metrics::counter(
      "clew_kafka_messages_total", "Messages read from Kafka, by what became of them",
      {{"receiver", options.name}, {"topic", delivery.message.topic}, {"outcome", outcome}})
      .Increment();
}

void KafkaConsumer::Impl::warn(const std::string& about, const std::string& text) {
  if (auto held_back = gate_.pass(about, std::chrono::steady_clock::now()))
    log::warn("{}: {}{}", options.name, text,
              *held_back > 0 ? fmt::format(" ({} more like this before)", *held_back) : "");
}

void KafkaConsumer::Impl::stop(milliseconds time) {
  if (!thread.joinable()) return;
  end_ = std::chrono::steady_clock::now() + time;
  thread.request_stop();
  thread.join();
}

KafkaConsumer::KafkaConsumer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KafkaConsumer::~KafkaConsumer() = default;

Result<std::unique_ptr<KafkaConsumer>> KafkaConsumer::start(KafkaConsumerOptions options,
                                                            KafkaHandler handler) {
  KafkaConf conf;
  conf.connect(options.connection);
  conf.set("group.id", options.group_id);
  conf.set("auto.offset.reset", options.initial_offset);
  conf.set("session.timeout.ms", std::to_string(options.session_timeout.count()));
  conf.set("heartbeat.interval.ms", std::to_string(options.heartbeat_interval.count()));
  conf.set("enable.auto.offset.store", "false");
  conf.set("auto.commit.interval.ms", "1000");
  conf.set("queued.max.messages.kbytes", kFetchedAheadKiB);
  conf.set("fetch.message.max.bytes", std::to_string(options.max_message_bytes));
  // Topics that are made later are found within this time.
  conf.set("topic.metadata.refresh.interval.ms", "30000");
  auto client = conf.client(RD_KAFKA_CONSUMER);
  if (!client) return std::unexpected(client.error());
  auto impl = std::make_unique<Impl>(std::move(options), std::move(handler), *std::move(client));
  if (auto subscribed = impl->subscribe(); !subscribed) return std::unexpected(subscribed.error());
  impl->thread = std::jthread([raw = impl.get()](const std::stop_token& stop) { raw->run(stop); });
  return std::unique_ptr<KafkaConsumer>(new KafkaConsumer(std::move(impl)));
}

void KafkaConsumer::stop(milliseconds deadline) {
  impl_->stop(deadline);
}

}  // namespace clew::net
