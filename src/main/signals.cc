#include "main/signals.h"

#include <csignal>

#include "base/check.h"
#include "base/log.h"

namespace clew {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

timespec timespec_of(std::chrono::milliseconds time) {
  return {.tv_sec = time.count() / 1000, .tv_nsec = time.count() % 1000 * 1'000'000};
}

/// From now on the signals end the process at once.
void begin_to_stop(int signal) {
  log::info("stopping ({})", signal == SIGINT ? "SIGINT" : "SIGTERM");
  sigset_t set = stop_signals();
  CLEW_CHECK(pthread_sigmask(SIG_UNBLOCK, &set, nullptr) == 0);
}

}  // namespace

void prepare_signals() {
  sigset_t set = stop_signals();
  CLEW_CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  std::signal(SIGPIPE, SIG_IGN);
}

void take_hangups() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGHUP);
  CLEW_CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
}

void wait_for_stop() {
  sigset_t set = stop_signals();
  int signal = 0;
  CLEW_CHECK(sigwait(&set, &signal) == 0);
  begin_to_stop(signal);
}

Wake wait_for_wake(std::chrono::milliseconds time) {
  sigset_t set = stop_signals();
  sigaddset(&set, SIGHUP);
  timespec most = timespec_of(time);
  int signal = sigtimedwait(&set, nullptr, &most);
  if (signal < 0) return Wake::kTime;
  if (signal == SIGHUP) return Wake::kHangup;
  begin_to_stop(signal);
  return Wake::kStop;
}

bool stop_came_within(std::chrono::milliseconds time) {
  sigset_t set = stop_signals();
  timespec most = timespec_of(time);
  if (sigtimedwait(&set, nullptr, &most) < 0) return false;
  CLEW_CHECK(pthread_sigmask(SIG_UNBLOCK, &set, nullptr) == 0);
  return true;
}

}  // namespace clew
