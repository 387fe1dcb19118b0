#include "main/trace/spinner.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdio>

namespace clew {
namespace {

constexpr std::chrono::seconds kPatience{1};
constexpr std::array<const char*, 10> kTurns = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};

}  // namespace

Spinner::Spinner(std::string what) : what_(std::move(what)), terminal_(isatty(STDERR_FILENO)) {}

Spinner::~Spinner() {
  if (!shown_) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
}

void Spinner::turn() {
  auto taken = std::chrono::steady_clock::now() - began_;
  if (!terminal_ || taken < kPatience) return;
  shown_ = true;
  fmt::print(stderr, "\r{} {} {} s{}{}\x1b[K", kTurns[turns_++ % kTurns.size()], what_,
             std::chrono::duration_cast<std::chrono::seconds>(taken).count(),
             progress_.empty() ? "" : ", ", progress_);
  std::fflush(stderr);
}

}  // namespace clew
