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

}  // namespace

void prepare_signals() {
  sigset_t set = stop_signals();
  CLEW_CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  std::signal(SIGPIPE, SIG_IGN);
}

void wait_for_stop() {
  sigset_t set = stop_signals();
  int signal = 0;
  CLEW_CHECK(sigwait(&set, &signal) == 0);
  log::info("stopping ({})", signal == SIGINT ? "SIGINT" : "SIGTERM");
  CLEW_CHECK(pthread_sigmask(SIG_UNBLOCK, &set, nullptr) == 0);
}

bool stop_came_within(std::chrono::milliseconds time) {
  sigset_t set = stop_signals();
  timespec most{.tv_sec = time.count() / 1000, .tv_nsec = time.count() % 1000 * 1'000'000};
  if (sigtimedwait(&set, nullptr, &most) < 0) return false;
  CLEW_CHECK(pthread_sigmask(SIG_UNBLOCK, &set, nullptr) == 0);
  return true;
}

}  // namespace clew
