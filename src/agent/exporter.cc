#include "agent/exporter.h"

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/metrics.h"
#include "base/thread_name.h"

namespace clew::agent {
namespace {

/// A counter of items for each signal, made when the signal first comes by.
class ItemCounters {
 public:
  ItemCounters(std::string_view what, std::string help, metrics::Labels labels)
      : what_(what), help_(std::move(help)), labels_(std::move(labels)) {
    of(otlp::Signal::kTraces);  // so that a chart of spans begins at 0
  }

  void add(otlp::Signal signal, size_t items) { of(signal).Increment(static_cast<double>(items)); }

 private:
  prometheus::Counter& of(otlp::Signal signal) {
    auto& counter = counters_[static_cast<size_t>(signal)];
    if (auto* made = counter.load()) return *made;
    auto& made = metrics::counter(
        fmt::format("clew_exporter_{}_{}_total", what_, otlp::items_of(signal)), help_, labels_);
    counter = &made;
    return made;
  }

  std::string what_, help_;
  metrics::Labels labels_;
  std::array<std::atomic<prometheus::Counter*>, otlp::kSignals.size()> counters_ = {};
};

struct ExporterMetrics {
  explicit ExporterMetrics(const metrics::Labels& exporter)
      : sent("sent", "What the other side accepted", exporter),
        refused("enqueue_failed", "Refused because the queue took no more", exporter),
        retries(metrics::counter("clew_exporter_retries_total",
                                 "Sends that failed and were scheduled again", exporter)),
        labels(exporter) {}

  /// What was given up for a reason.
  prometheus::Counter& failed(otlp::Signal signal, Code reason) const {
    metrics::Labels with_reason = labels;
    with_reason.emplace("reason", name_of(reason));
    return metrics::counter(
        fmt::format("clew_exporter_send_failed_{}_total", otlp::items_of(signal)),
        "Given up after an error, so lost", with_reason);
  }

  ItemCounters sent, refused;
  prometheus::Counter& retries;
  const metrics::Labels labels;
};

/// What is said at most once in a while, with how much there was to say meanwhile.
constexpr auto kQuietTime = std::chrono::seconds(10);

}  // namespace

class Exporter::State : public std::enable_shared_from_this<Exporter::State> {
 public:
  State(const ExporterOptions& options, Send send)
      : options_(options), send_(std::move(send)), metrics_({{"exporter", options.name}}) {}

  Result<void> open() {
    auto queue = Queue::open(options_.queue, options_.name, [this] { wake(); });
    if (!queue) return std::unexpected(queue.error());
    queue_ = *std::move(queue);
    thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
    return {};
  }
  void stop() {
    thread_.request_stop();
    wake();
    thread_.join();
    queue_->close();
  }

  void enqueue(Record record, Queue::Accepted accepted);
  size_t drain(SteadyTime deadline);
  bool refuses() const { return refuses_; }
  ExporterStatus status() const;
  double memory_fullness() const { return queue_->memory_fullness(); }
  bool empty() const { return queue_->empty(); }
  void resize(uint64_t max_bytes, uint64_t memory_bytes) {
    queue_->resize(max_bytes, memory_bytes);
  }

 private:
  using Lock = std::unique_lock<std::mutex>;

  void wake();
  void run(std::stop_token stop);
  bool send_one(Lock& lock);
  void on_answer(ExportBatch batch, Result<void> answer);
  void on_success(const ExportBatch& batch);
  void on_failure(ExportBatch batch, const Error& error);
  void warn_once_in_a_while(const Error& error);
  void report_loss(const ExportBatch& batch, const Error& error);
  bool gives_up(const ExportBatch& batch, const Error& error) const;

  const ExporterOptions options_;
  const Send send_;
  ExporterMetrics metrics_;
  std::atomic<bool> refuses_ = false;  // what came last was refused

  mutable std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  bool woken_ = false;
  int in_flight_ = 0;
  bool draining_ = false;
  std::optional<UnixNanos> failing_since_;
  std::string last_error_;                  // while it fails
  std::optional<SteadyTime> last_warning_;  // since the other side was last heard of
  std::optional<SteadyTime> last_report_;   // of a loss
  size_t unreported_ = 0;                   // items lost since then
  std::minstd_rand random_{std::random_device{}()};

  std::unique_ptr<Queue> queue_;
  std::jthread thread_;  // last: it uses everything above
};

void Exporter::State::enqueue(Record record, Queue::Accepted accepted) {
  auto signal = record.signal;
  size_t items = record.items;
  queue_->push(std::move(record),
               [this, signal, items, accepted = std::move(accepted)](Result<void> queued) mutable {
                 refuses_ = !queued;
                 if (!queued) metrics_.refused.add(signal, items);
                 accepted(std::move(queued));
               });
}

ExporterStatus Exporter::State::status() const {
  ExporterStatus status{.queued_bytes = queue_->size_bytes(),
                        .max_bytes = queue_->max_bytes(),
                        .on_disk = queue_->persistent(),
                        .refuses = refuses_};
  Lock lock(mutex_);
  status.failing_since = failing_since_;
  status.last_error = last_error_;
  return status;
}

size_t Exporter::State::drain(SteadyTime deadline) {
  // What waits for a retry is tried once at once, then with its usual delays: a store that is
  // overloaded must not be hammered by every agent that stops.
  queue_->retry_now();
  Lock lock(mutex_);
  draining_ = true;
  woken_ = true;
  changed_.notify_all();
  changed_.wait_until(lock, deadline, [this] {
    bool away = last_warning_.has_value() && in_flight_ == 0;
    return queue_->empty() || (queue_->persistent() && away);
  });
  if (!queue_->persistent()) return queue_->items();
  lock.unlock();
  queue_->close();
  if (auto left = queue_->size_bytes(); left > 0)
    log::info("{}: {} bytes stay in {} for the next start", options_.name, left,
              options_.queue.directory);
  return 0;
}

/// Makes run() look at the queue again.
void Exporter::State::wake() {
  {
    Lock lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

void Exporter::State::run(std::stop_token stop) {
  name_thread("clew-export");
  Lock lock(mutex_);
  while (!stop.stop_requested()) {
    woken_ = false;
    if (send_one(lock)) continue;
    auto woken = [&] { return woken_ || stop.stop_requested(); };
    // An answer, a request that changes what is ready, or stop; the time is for what becomes ready.
    auto at = in_flight_ < options_.consumers ? queue_->ready_at() : std::nullopt;
    if (at)
      changed_.wait_until(lock, *at, woken);
    else
      changed_.wait(lock, woken);
  }
}

bool Exporter::State::send_one(Lock& lock) {
  if (in_flight_ == options_.consumers) return false;
  bool flush = draining_;
  ++in_flight_;
  lock.unlock();
  auto batch = queue_->pop(std::chrono::steady_clock::now(), flush);
  if (!batch) {
    lock.lock();
    --in_flight_;
    return false;
  }
  otlp::Signal signal = batch->signal;
  Tenant tenant = batch->tenant;
  SharedBytes bytes = batch->bytes;
  send_(signal, tenant, std::move(bytes),
        [self = weak_from_this(), batch = *std::move(batch)](Result<void> answer) mutable {
          if (auto state = self.lock()) state->on_answer(std::move(batch), std::move(answer));
        });
  lock.lock();
  return true;
}

void Exporter::State::on_answer(ExportBatch batch, Result<void> answer) {
  {
    Lock lock(mutex_);
    --in_flight_;
    if (answer)
      on_success(batch);
    else
      on_failure(std::move(batch), answer.error());
    woken_ = true;
  }
  changed_.notify_all();
}

void Exporter::State::on_success(const ExportBatch& batch) {
  metrics_.sent.add(batch.signal, batch.items);
  queue_->done(batch);
  if (last_warning_) log::info("{}: the other side answers again", options_.name);
  last_warning_.reset();
  failing_since_.reset();
  last_error_.clear();
}

void Exporter::State::on_failure(ExportBatch batch, const Error& error) {
  ++batch.attempts;
  if (!failing_since_) failing_since_ = Clock::system().now();
  last_error_ = error.message;
  if (gives_up(batch, error)) {
    metrics_.failed(batch.signal, error.code).Increment(static_cast<double>(batch.items));
    report_loss(batch, error);
    queue_->done(batch);
    return;
  }
  double random = std::uniform_real_distribution<>(0, 1)(random_);
  auto delay = retry_delay(options_.retry, batch.attempts, random, error);
  warn_once_in_a_while(error);
  if (queue_->retry(std::move(batch), std::chrono::steady_clock::now() + delay))
    metrics_.retries.Increment();
}

void Exporter::State::warn_once_in_a_while(const Error& error) {
  auto now = std::chrono::steady_clock::now();
  if (last_warning_ && now - *last_warning_ < std::chrono::minutes(1)) return;
  last_warning_ = now;
  log::warn("{}: {} bytes wait to be sent again: {}", options_.name, queue_->size_bytes(),
            error.message);
}

void Exporter::State::report_loss(const ExportBatch& batch, const Error& error) {
  unreported_ += batch.items;
  auto now = std::chrono::steady_clock::now();
  if (last_report_ && now - *last_report_ < kQuietTime) return;
  last_report_ = now;
  log::error("{}: {} {} lost: {}", options_.name, std::exchange(unreported_, 0),
             otlp::items_of(batch.signal), error.message);
}

bool Exporter::State::gives_up(const ExportBatch& batch, const Error& error) const {
  if (!is_retryable(error) || !options_.retry.enabled) return true;
  auto limit = options_.retry.max_elapsed_time;
  return limit.count() > 0 && std::chrono::steady_clock::now() - batch.first_sent > limit;
}

Exporter::Exporter(std::shared_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Exporter>> Exporter::open(const ExporterOptions& options, Send send) {
  auto state = std::make_shared<State>(options, std::move(send));
  if (auto opened = state->open(); !opened) return std::unexpected(opened.error());
  return std::unique_ptr<Exporter>(new Exporter(std::move(state)));
}

Exporter::~Exporter() {
  state_->stop();
}

void Exporter::enqueue(Record record, Queue::Accepted accepted) {
  state_->enqueue(std::move(record), std::move(accepted));
}

size_t Exporter::drain(SteadyTime deadline) {
  return state_->drain(deadline);
}

bool Exporter::refuses() const {
  return state_->refuses();
}

ExporterStatus Exporter::status() const {
  return state_->status();
}

void Exporter::resize(uint64_t max_bytes, uint64_t memory_bytes) {
  state_->resize(max_bytes, memory_bytes);
}

bool Exporter::empty() const {
  return state_->empty();
}

double Exporter::memory_fullness() const {
  return state_->memory_fullness();
}

}  // namespace clew::agent
