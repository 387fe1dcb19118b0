#include "opamp/reporter.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>

namespace clew::opamp {
namespace {

using namespace std::chrono_literals;

/// A server that keeps what it is sent, and answers as it is told.
class Server {
 public:
  Send send() {
    return [this](std::string message, std::move_only_function<void(Result<std::string>)> done) {
      auto report = read_report(message);
      ASSERT_TRUE(report);
      ServerAnswer answer{.uid = report->uid};
      {
        std::lock_guard lock(mutex_);
        reports_.push_back(*std::move(report));
      }
      changed_.notify_all();
      if (is_away_)
        done(fail(Code::kUnavailable, "connection refused"));
      else
        done(write(answer));
    };
  }
  AgentReport next() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, 20s, [&] { return !reports_.empty(); }));
    if (reports_.empty()) return {};
    AgentReport report = reports_.front();
    reports_.pop_front();
    return report;
  }
  bool heard_more() {
    std::lock_guard lock(mutex_);
    return !reports_.empty();
  }
  void go_away() { is_away_ = true; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<AgentReport> reports_;
  std::atomic<bool> is_away_ = false;
};

std::chrono::steady_clock::time_point soon() {
  return std::chrono::steady_clock::now() + 20s;
}

TEST(OpampReporter, ReportsChangesAndSaysGoodbye) {
  Server server;
  std::atomic<bool> healthy = true;
  Reporter reporter(
      "opamp", {.uid = new_instance_uid(1), .polling_interval = 1h},
      [&] { return ComponentHealth{.healthy = healthy}; }, server.send());
  EXPECT_TRUE(server.next().health->healthy);
  healthy = false;
  EXPECT_FALSE(server.next().health->healthy);
  reporter.stop(soon());
  EXPECT_TRUE(server.next().disconnects);
}

TEST(OpampReporter, AsksNoServerToForgetThatIsAway) {
  Server server;
  server.go_away();
  Reporter reporter(
      "opamp", {.uid = new_instance_uid(1), .polling_interval = 1h},
      [] { return ComponentHealth(); }, server.send());
  server.next();
  reporter.stop(soon());
  while (server.heard_more()) EXPECT_FALSE(server.next().disconnects);
}

TEST(OpampReporter, EndsWhileAnAnswerIsToCome) {
  std::move_only_function<void(Result<std::string>)> late;
  std::mutex mutex;
  std::condition_variable changed;
  {
    Reporter reporter(
        "opamp", {.uid = new_instance_uid(1)}, [] { return ComponentHealth(); },
        [&](std::string, std::move_only_function<void(Result<std::string>)> done) {
          std::lock_guard lock(mutex);
          late = std::move(done);
          changed.notify_all();
        });
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, 20s, [&] { return late != nullptr; }));
  }
  late(fail(Code::kUnavailable, "too late"));
}

}  // namespace
}  // namespace clew::opamp
