#include "opamp/reporter.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/thread_name.h"

namespace clew::opamp {
namespace {

constexpr std::chrono::seconds kLook{1};

}  // namespace

class Reporter::State : public std::enable_shared_from_this<Reporter::State> {
 public:
  State(std::string name, SessionOptions options, std::function<ComponentHealth()> health,
        Send send)
      : name_(std::move(name)),
        health_(std::move(health)),
        send_(std::move(send)),
        session_(std::move(options)) {}

  void start() {
    thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
  }

  void end_thread() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
  }

  void say_goodbye(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    // A server that does not answer the others need not be asked to forget.
    if (failing_) return;
    changed_.wait_until(lock, deadline, [this] { return !in_flight_; });
    if (in_flight_ || failing_) return;
    std::string message = session_.goodbye();
    send(lock, std::move(message));
    changed_.wait_until(lock, deadline, [this] { return !in_flight_; });
  }

 private:
  void run(std::stop_token stop) {
    name_thread("clew-opamp");
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      lock.unlock();
      ComponentHealth health = health_();
      lock.lock();
      if (auto message = session_.next(health, std::chrono::steady_clock::now()))
        send(lock, *std::move(message));
      changed_.wait_for(lock, stop, kLook, [] { return false; });
    }
  }

  void send(std::unique_lock<std::mutex>& lock, std::string message) {
    in_flight_ = true;
    lock.unlock();
    send_(std::move(message), [self = weak_from_this()](const Result<std::string>& answer) {
      if (auto state = self.lock()) state->on_answer(answer);
    });
    lock.lock();
  }

  void on_answer(const Result<std::string>& answer) {
    {
      std::lock_guard lock(mutex_);
      in_flight_ = false;
      auto judged = session_.answered(answer, std::chrono::steady_clock::now());
      if (!judged && !failing_)
        log::warn("{}: the agent's health is not reported: {}", name_, judged.error().message);
      if (judged && failing_) log::info("{}: the agent's health is reported again", name_);
      failing_ = !judged;
    }
    changed_.notify_all();
  }

  const std::string name_;
  const std::function<ComponentHealth()> health_;
  const Send send_;

  std::mutex mutex_;  // of what follows
  std::condition_variable_any changed_;
  Session session_;
  bool in_flight_ = false;
  bool failing_ = false;

  std::jthread thread_;  // last: it uses everything above
};

Reporter::Reporter(std::string name, SessionOptions options,
                   std::function<ComponentHealth()> health, Send send)
    : state_(std::make_shared<State>(std::move(name), std::move(options), std::move(health),
                                     std::move(send))) {
  state_->start();
}

Reporter::~Reporter() {
  state_->end_thread();
}

void Reporter::stop(std::chrono::steady_clock::time_point deadline) {
  state_->end_thread();
  state_->say_goodbye(deadline);
}

}  // namespace clew::opamp
