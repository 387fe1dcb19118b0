#include "main/trace/local_time.h"

#include <fmt/format.h>

#include <ctime>

namespace clew {

std::string local_time_text(UnixNanos time) {
  if (time == 0) return "-";
  auto seconds = static_cast<time_t>(time / 1'000'000'000);
  tm parts{};
  char text[32] = "";
  if (localtime_r(&seconds, &parts) == nullptr ||
      std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts) == 0)
    return "-";
  return fmt::format("{}.{:03}", text, time / 1'000'000 % 1000);
}

}  // namespace clew
