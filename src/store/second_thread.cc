#include "store/second_thread.h"

#include <atomic>
#include <utility>

#include "base/thread_name.h"

namespace clew::store {
namespace {

std::atomic<unsigned> hired = 0;

}  // namespace

std::unique_ptr<SecondThread> SecondThread::hire() {
  if (hired.fetch_add(1) + 1 < std::thread::hardware_concurrency())
    return std::unique_ptr<SecondThread>(new SecondThread());
  hired.fetch_sub(1);
  return nullptr;
}

SecondThread::SecondThread()
    : thread_([this] {
        name_thread("clew-scan");
        for (start_.acquire(); job_; start_.acquire()) {
          job_();
          done_.release();
        }
      }) {}

SecondThread::~SecondThread() {
  begin({});
  thread_.join();
  hired.fetch_sub(1);
}

void SecondThread::begin(std::function<void()> job) {
  job_ = std::move(job);
  start_.release();
}

}  // namespace clew::store
