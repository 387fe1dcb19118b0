// The threads that run a server's handlers. Pulls in Asio: only for the .cc files of net/.
#pragma once

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string_view>
#include <utility>

#include "base/log.h"

namespace clew::net {

/// A thread pool that knows how many of its threads are at work, so that a server that stops can
/// say what it waits for. Any thread.
class HandlerPool {
 public:
  explicit HandlerPool(int threads) : threads_(static_cast<size_t>(threads)) {}

  /// Queues `work`, which must not throw.
  template <typename Work>
  void post(Work work) {
    boost::asio::post(threads_, [this, work = std::move(work)]() mutable {
      count(1);
      {
        Work now = std::move(work);  // what it captured is gone before it counts as done
        now();
      }
      count(-1);
    });
  }

  /// Ends the threads once all that was queued has run, however long that takes: a thread cannot be
  /// killed. If handlers still run at `deadline`, a warning that begins with `name` says so.
  void join(std::string_view name, std::chrono::steady_clock::time_point deadline) {
    // Handlers that have answered may need a moment to return.
    deadline = std::max(deadline, std::chrono::steady_clock::now() + kGrace);
    {
      std::unique_lock lock(mutex_);
      if (!idle_.wait_until(lock, deadline, [&] { return running_ == 0; })) {
        log::warn("{}: the time to stop is over but handlers still run ({}); waiting for them",
                  name, running_);
      }
    }
    threads_.join();
  }

 private:
  static constexpr std::chrono::milliseconds kGrace{100};

  void count(int change) {
    std::lock_guard lock(mutex_);
    running_ += change;
    if (running_ == 0) idle_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable idle_;
  int running_ = 0;
  boost::asio::thread_pool threads_;  // last, so that its threads end before what they use
};

}  // namespace clew::net
