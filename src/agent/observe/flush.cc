#include "agent/observe/flush.h"

#include <algorithm>

#include "base/thread_name.h"

namespace clew::agent {

MetricsFlush::MetricsFlush(Observer& observer, const ObserveOptions& options,
                           ExportMetrics export_metrics, const Clock& clock)
    : observer_(observer),
      clock_(clock),
      interval_(options.flush_interval),
      context_{.resource = options.resource, .temporality = options.temporality},
      export_metrics_(std::move(export_metrics)),
      thread_([this] { run(); }) {}

void MetricsFlush::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (!thread_.joinable()) return;
  thread_.join();
  flush();
}

void MetricsFlush::run() {
  name_thread("metrics-flush");
  constexpr std::chrono::milliseconds kExpireEvery{2000};
  auto next_flush = std::chrono::steady_clock::now() + interval_;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    auto next = std::min(next_flush, std::chrono::steady_clock::now() + kExpireEvery);
    if (wake_.wait_until(lock, next, [this] { return stopping_; })) return;
    lock.unlock();
    observer_.expire();
    if (std::chrono::steady_clock::now() >= next_flush) {
      flush();
      next_flush += interval_;
    }
    lock.lock();
  }
}

void MetricsFlush::flush() {
  if (!export_metrics_) return;
  context_.now = clock_.now();
  for (MetricsRequest& request : encode_metrics(observer_.collect(context_.temporality), context_))
    export_metrics_(std::move(request));
  context_.exemplars_since = context_.now;
}

}  // namespace clew::agent
