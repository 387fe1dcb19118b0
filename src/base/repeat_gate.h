// Keeps a log line that comes again and again from filling the log.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace clew {

/// Lets each key through once per `pause` and counts the times in between. Keys are kept for good:
/// they must come from a finite set, not from a peer. Any thread.
class RepeatGate {
 public:
  explicit RepeatGate(std::chrono::nanoseconds pause) : pause_(pause) {}

  /// How often `key` was held back since it last passed; nothing if it is to be held back now.
  std::optional<uint64_t> pass(const std::string& key, std::chrono::steady_clock::time_point now) {
    std::lock_guard lock(mutex_);
    auto [entry, added] = entries_.try_emplace(key, Entry{now, 0});
    auto& [last, held_back] = entry->second;
    if (!added && now - last < pause_) {
      ++held_back;
      return std::nullopt;
    }
    last = now;
    return std::exchange(held_back, 0);
  }

 private:
  struct Entry {
    std::chrono::steady_clock::time_point last;
    uint64_t held_back;
  };

  const std::chrono::nanoseconds pause_;
  std::mutex mutex_;
  std::map<std::string, Entry> entries_;
};

}  // namespace clew
