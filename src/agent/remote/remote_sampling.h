// Jaeger's remote sampling: which share of their traces clients should record at all.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "agent/remote/adaptive_rates.h"
#include "agent/remote/strategies_file.h"
#include "base/clock.h"
#include "base/disk.h"

namespace clew::agent {

struct RemoteSamplingOptions {
  std::string strategies_file;              // empty: none
  std::optional<AdaptiveOptions> adaptive;  // for services that the file does not name
};

/// Answers clients' question. Any thread may call it.
class RemoteSampling {
 public:
  /// Reads the file; fails with what is wrong with it.
  static Result<std::unique_ptr<RemoteSampling>> open(RemoteSamplingOptions options, Disk& disk,
                                                      const Clock& clock);

  /// What clients of a service should do: what the file says of it, else the adaptive rates, else
  /// the file's default, else 0.1 %. Reads the file again when it has changed, at most once a
  /// second; one that is wrong is logged, and the one before stays in force.
  SamplingStrategy strategy_of(std::string_view service);

  /// Counts what the adaptive rates follow; does nothing without them.
  void observe(const otlp::Batch& batch) {
    if (adaptive_) adaptive_->observe(batch);
  }

 private:
  RemoteSampling(RemoteSamplingOptions options, Disk& disk, const Clock& clock);

  Result<void> read_file_locked();
  void look_for_changes_locked();

  const RemoteSamplingOptions options_;
  Disk& disk_;
  const Clock& clock_;
  std::optional<AdaptiveRates> adaptive_;
  std::mutex mutex_;
  StrategiesFile file_;
  std::string file_text_;  // as last read, right or wrong
  UnixNanos looked_ = 0;
  bool unreadable_ = false;
};

}  // namespace clew::agent
