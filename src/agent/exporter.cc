#include "agent/exporter.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/metrics.h"

namespace clew::agent {
namespace {

struct ExporterMetrics {
  prometheus::Counter& sent =
      metrics::counter("clew_exporter_sent_spans_total", "Spans the other side accepted");
  prometheus::Counter& failed = metrics::counter("clew_exporter_send_failed_spans_total",
                                                 "Spans given up after an error, so lost");
  prometheus::Counter& refused = metrics::counter("clew_exporter_enqueue_failed_spans_total",
                                                  "Spans refused because the queue was full");
  prometheus::Counter& retries =
      metrics::counter("clew_exporter_retries_total", "Sends that failed and were scheduled again");
  prometheus::Gauge& queue_size = metrics::gauge("clew_exporter_queue_size_bytes",
                                                 "Bytes queued, in flight or waiting for a retry");
  prometheus::Gauge& queue_capacity =
      metrics::gauge("clew_exporter_queue_capacity_bytes", "Bytes the queue may hold");
};

}  // namespace

class Exporter::State : public std::enable_shared_from_this<Exporter::State> {
 public:
  State(const ExporterOptions& options, Send send)
      : options_(options), send_(std::move(send)), queue_(options.queue) {
    metrics_.queue_capacity.Set(static_cast<double>(options.queue.max_bytes));
  }

  Result<void> enqueue(otlp::Signal signal, const Tenant& tenant, SharedBytes request,
                       size_t spans);
  size_t drain(SteadyTime deadline);
  bool refuses() const {
    Lock lock(mutex_);
    return refuses_;
  }

  void start() {
    thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
  }
  void stop() {
    {
      // Under the lock, so that run() cannot be between its look at the token and its wait.
      Lock lock(mutex_);
      thread_.request_stop();
    }
    changed_.notify_all();
    thread_.join();
  }

 private:
  using Lock = std::unique_lock<std::mutex>;

  void run(std::stop_token stop);
  bool send_one(Lock& lock);
  std::optional<ExportBatch> next_batch(SteadyTime now);
  std::optional<SteadyTime> wake_at() const;
  void on_answer(ExportBatch batch, Result<void> answer);
  void on_success(const ExportBatch& batch);
  void on_failure(ExportBatch batch, const Error& error);
  void warn_once_in_a_while(const Error& error);
  bool gives_up(const ExportBatch& batch, const Error& error) const;
  void forget(const ExportBatch& batch);

  const ExporterOptions options_;
  const Send send_;
  ExporterMetrics metrics_;

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  Queue queue_;
  std::multimap<SteadyTime, ExportBatch> retries_;  // by when they are due
  int in_flight_ = 0;
  size_t held_spans_ = 0;  // queued, in flight or waiting for a retry
  bool draining_ = false;
  bool refuses_ = false;                    // what came last was refused
  std::optional<SteadyTime> last_warning_;  // since the other side was last heard of
  std::minstd_rand random_{std::random_device{}()};

  std::jthread thread_;  // last: it uses everything above
};

Result<void> Exporter::State::enqueue(otlp::Signal signal, const Tenant& tenant,
                                      SharedBytes request, size_t spans) {
  {
    Lock lock(mutex_);
    auto pushed =
        queue_.push(signal, tenant, std::move(request), spans, std::chrono::steady_clock::now());
    refuses_ = !pushed;
    if (!pushed) {
      metrics_.refused.Increment(static_cast<double>(spans));
      return pushed;
    }
    held_spans_ += spans;
    metrics_.queue_size.Set(static_cast<double>(queue_.held_bytes()));
  }
  changed_.notify_all();
  return {};
}

size_t Exporter::State::drain(SteadyTime deadline) {
  Lock lock(mutex_);
  draining_ = true;
  // What waits for a retry is tried once at once, then with its usual delays: a store that is
  // overloaded must not be hammered by every agent that stops.
  auto waiting = std::exchange(retries_, {});
  for (auto& [due, batch] : waiting) retries_.emplace(SteadyTime::min(), std::move(batch));
  changed_.notify_all();
  changed_.wait_until(lock, deadline, [this] { return held_spans_ == 0; });
  return held_spans_;
}

void Exporter::State::run(std::stop_token stop) {
  Lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (send_one(lock)) continue;
    // Woken by an answer, a new request or stop; the time bound is for batches that become ready.
    auto at = wake_at();
    if (at)
      changed_.wait_until(lock, *at);
    else
      changed_.wait(lock);
  }
}

std::optional<SteadyTime> Exporter::State::wake_at() const {
  if (in_flight_ == options_.consumers) return std::nullopt;
  auto at = queue_.ready_at();
  if (!retries_.empty() && (!at || retries_.begin()->first < *at)) at = retries_.begin()->first;
  return at;
}

std::optional<ExportBatch> Exporter::State::next_batch(SteadyTime now) {
  // Due retries go first: they are the oldest, and a queue that overtakes them would starve them.
  if (!retries_.empty() && (retries_.begin()->first <= now)) {
    auto batch = std::move(retries_.begin()->second);
    retries_.erase(retries_.begin());
    return batch;
  }
  return queue_.pop(now, draining_);
}

bool Exporter::State::send_one(Lock& lock) {
  if (in_flight_ == options_.consumers) return false;
  auto batch = next_batch(std::chrono::steady_clock::now());
  if (!batch) return false;
  ++in_flight_;
  lock.unlock();
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
  }
  changed_.notify_all();
}

void Exporter::State::on_success(const ExportBatch& batch) {
  metrics_.sent.Increment(static_cast<double>(batch.spans));
  forget(batch);
  if (last_warning_) log::info("export: the other side answers again");
  last_warning_.reset();
}

void Exporter::State::on_failure(ExportBatch batch, const Error& error) {
  ++batch.attempts;
  if (gives_up(batch, error)) {
    log::error("export: {} spans lost: {}", batch.spans, error.message);
    metrics_.failed.Increment(static_cast<double>(batch.spans));
    forget(batch);
    return;
  }
  double random = std::uniform_real_distribution<>(0, 1)(random_);
  auto delay = retry_delay(options_.retry, batch.attempts, random, error);
  warn_once_in_a_while(error);
  metrics_.retries.Increment();
  retries_.emplace(std::chrono::steady_clock::now() + delay, std::move(batch));
}

void Exporter::State::warn_once_in_a_while(const Error& error) {
  auto now = std::chrono::steady_clock::now();
  if (last_warning_ && now - *last_warning_ < std::chrono::minutes(1)) return;
  last_warning_ = now;
  log::warn("export: {} spans wait to be sent again: {}", held_spans_, error.message);
}

bool Exporter::State::gives_up(const ExportBatch& batch, const Error& error) const {
  if (!is_retryable(error)) return true;
  auto limit = options_.retry.max_elapsed_time;
  return limit.count() > 0 && std::chrono::steady_clock::now() - batch.first_sent > limit;
}

void Exporter::State::forget(const ExportBatch& batch) {
  queue_.done(batch);
  held_spans_ -= batch.spans;
  metrics_.queue_size.Set(static_cast<double>(queue_.held_bytes()));
}

Exporter::Exporter(const ExporterOptions& options, Send send)
    : state_(std::make_shared<State>(options, std::move(send))) {
  state_->start();
}

Exporter::~Exporter() {
  state_->stop();
}

Result<void> Exporter::enqueue(otlp::Signal signal, const Tenant& tenant, SharedBytes request,
                               size_t spans) {
  return state_->enqueue(signal, tenant, std::move(request), spans);
}

size_t Exporter::drain(SteadyTime deadline) {
  return state_->drain(deadline);
}

bool Exporter::refuses() const {
  return state_->refuses();
}

}  // namespace clew::agent
