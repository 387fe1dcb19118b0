#include "main/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace clew {

std::string with_commas(uint64_t number) {
  std::string digits = std::to_string(number), text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string bytes_text(uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  const char* const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(units)) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, units[unit]);
}

Progress::Progress(std::string what) : what_(std::move(what)), terminal_(isatty(STDERR_FILENO)) {}

void Progress::show(uint64_t done_bytes, uint64_t all_bytes) {
  if (!terminal_ || all_bytes == 0) return;
  int percent =
      static_cast<int>(100.0 * static_cast<double>(done_bytes) / static_cast<double>(all_bytes));
  if (percent == last_percent_ && shown_) return;
  last_percent_ = percent;
  shown_ = true;
  fmt::print(stderr, "\r{}: {} % of {}\x1b[K", what_, percent, bytes_text(all_bytes));
  std::fflush(stderr);
}

void Progress::clear() {
  if (!shown_) return;
  shown_ = false;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
}

}  // namespace clew
