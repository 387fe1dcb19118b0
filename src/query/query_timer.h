// Counts how long queries take. Internal: for the engine's .cc files.
#pragma once

#include <chrono>
#include <string>

#include "base/metrics.h"

namespace clew::query {

/// Measures one query while it lives.
class Timer {
 public:
  explicit Timer(const std::string& kind)
      : histogram_(metrics::histogram("clew_query_duration_seconds", "How long queries took",
                                      {{"kind", kind}}, metrics::latency_bounds())) {}
  ~Timer() {
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin_;
    histogram_.Observe(took.count());
  }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

 private:
  prometheus::Histogram& histogram_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace clew::query
