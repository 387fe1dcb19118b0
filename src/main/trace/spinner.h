// A sign of life on stderr while an answer is waited for.
#pragma once

#include <chrono>
#include <string>

#include "main/trace/client.h"

namespace clew {

/// A line that changes in place: what is waited for, since when, and how far it is. It comes after
/// a second and only if stderr is a terminal. One thread.
class Spinner {
 public:
  explicit Spinner(std::string what);
  ~Spinner();
  Spinner(const Spinner&) = delete;
  Spinner& operator=(const Spinner&) = delete;

  /// Shown behind the seconds: "37 % of the time looked through".
  void set_progress(std::string progress) { progress_ = std::move(progress); }
  void turn();
  /// For calls: each wait turns it.
  StoreClient::Waiting waiting() {
    return [this](std::chrono::milliseconds) { turn(); };
  }

 private:
  std::string what_, progress_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  bool terminal_, shown_ = false;
  size_t turns_ = 0;
};

}  // namespace clew
