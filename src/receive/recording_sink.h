// A sink for tests: keeps what it is given, or refuses. Not part of the product.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "otlp/sink.h"

namespace clew::receive::testing {

/// Any thread may use it; sink() must not outlive it.
class RecordingSink {
 public:
  otlp::Sink sink() {
    return [this](const Tenant& tenant, otlp::Batch batch, otlp::Accepted accepted) {
      std::unique_lock lock(mutex_);
      if (error_) {
        Error error = *error_;
        lock.unlock();
        return accepted(std::unexpected(std::move(error)));
      }
      received_.emplace_back(tenant.name(), std::move(batch));
      if (holding_) {
        held_.push_back(std::move(accepted));
        return;
      }
      lock.unlock();
      accepted({});
    };
  }

  /// The same for logs and metrics; those are not held.
  otlp::PayloadSink payload_sink() {
    return [this](const Tenant& tenant, otlp::Payload payload, otlp::Accepted accepted) {
      std::unique_lock lock(mutex_);
      std::optional<Error> error = error_;
      if (!error) payloads_.emplace_back(tenant.name(), std::move(payload));
      lock.unlock();
      if (error) return accepted(std::unexpected(*std::move(error)));
      accepted({});
    };
  }

  /// From now on every batch is refused with that error, or accepted again.
  void refuse_with(std::optional<Error> error) {
    std::lock_guard lock(mutex_);
    error_ = std::move(error);
  }

  /// From now on batches wait for release().
  void hold() {
    std::lock_guard lock(mutex_);
    holding_ = true;
  }

  void release() {
    std::vector<otlp::Accepted> held;
    {
      std::lock_guard lock(mutex_);
      holding_ = false;
      held.swap(held_);
    }
    for (otlp::Accepted& accepted : held) accepted({});
  }

  /// Tenant and batch of what was accepted or is held so far.
  std::vector<std::pair<std::string, otlp::Batch>> received() const {
    std::lock_guard lock(mutex_);
    return received_;
  }
  std::vector<std::pair<std::string, otlp::Payload>> payloads() const {
    std::lock_guard lock(mutex_);
    return payloads_;
  }

 private:
  mutable std::mutex mutex_;
  std::optional<Error> error_;
  bool holding_ = false;
  std::vector<otlp::Accepted> held_;
  std::vector<std::pair<std::string, otlp::Batch>> received_;
  std::vector<std::pair<std::string, otlp::Payload>> payloads_;
};

}  // namespace clew::receive::testing
