// A thread to share long work with, if there is one to spare.
#pragma once

#include <functional>
#include <memory>
#include <semaphore>
#include <thread>

namespace clew::store {

/// A thread that does one job at a time for its owner, and ends with it. Belongs to one thread.
class SecondThread {
 public:
  /// Null when all are in use: there are as many as cores less one, so that however many queries
  /// run, each core has one thread to keep busy.
  static std::unique_ptr<SecondThread> hire();
  ~SecondThread();
  SecondThread(const SecondThread&) = delete;
  SecondThread& operator=(const SecondThread&) = delete;

  /// Begins a job. wait() must be called before the next, and before what the job uses goes.
  void begin(std::function<void()> job);
  void wait() { done_.acquire(); }

 private:
  SecondThread();

  std::function<void()> job_;  // empty: the end
  std::binary_semaphore start_{0}, done_{0};
  std::thread thread_;
};

}  // namespace clew::store
