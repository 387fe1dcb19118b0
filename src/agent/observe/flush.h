// The clockwork of an observer: what expires, and what is sent.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "agent/observe/observer.h"
#include "agent/observe/otlp_metrics.h"

namespace clew::agent {

/// Takes metrics to send. Must not block for long; it is called by one thread.
using ExportMetrics = std::function<void(MetricsRequest)>;

/// Owns a thread that removes what has expired every two seconds and hands the metrics over as OTLP
/// every flush interval, and once more when it is stopped.
class MetricsFlush {
 public:
  /// Without `export_metrics` nothing is sent. The observer must outlive this.
  MetricsFlush(Observer& observer, const ObserveOptions& options, ExportMetrics export_metrics,
               const Clock& clock = Clock::system());
  /// stop()
  ~MetricsFlush() { stop(); }

  /// Sends what was counted since the last time, and ends.
  void stop();

 private:
  void run();
  void flush();

  Observer& observer_;
  const Clock& clock_;
  std::chrono::milliseconds interval_;
  MetricsContext context_;
  ExportMetrics export_metrics_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace clew::agent
