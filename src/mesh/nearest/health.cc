#include "mesh/nearest/health.h"

#include <array>

namespace clew::mesh {
namespace {

constexpr UnixNanos kSecond = 1'000'000'000;
constexpr UnixNanos kAnswersFor = 10 * kSecond;
constexpr UnixNanos kStep = 2 * kSecond;
constexpr std::array kSteps = {10, 25, 50, 75};

}  // namespace

void Health::update(bool silent, bool answered, UnixNanos now) {
  if (silent) {
    state_ = State::kDown;
    silent_at_ = now;
  } else if (state_ == State::kDown && !was_up_) {
    state_ = State::kUp;
  } else if (state_ == State::kDown && now >= silent_at_ + kAnswersFor) {
    state_ = State::kUp;
    up_at_ = now;
  }
  was_up_ |= !silent && answered;
}

void Health::set_down(UnixNanos now) {
  was_up_ = true;
  update(true, true, now);
}

int Health::percent(UnixNanos now) const {
  if (is_down()) return 0;
  if (up_at_ == 0) return 100;
  size_t step = (now - up_at_) / kStep;
  return step < kSteps.size() ? kSteps[step] : 100;
}

}  // namespace clew::mesh
