// Logging goes through spdlog's default logger, to stderr. This header is the one place that says
// so.
#pragma once

#include <spdlog/spdlog.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace clew::log {

using spdlog::debug;
using spdlog::error;
using spdlog::info;
using spdlog::warn;

/// Sets the format (UTC time, level, message) and the level: debug, info, warn, error. Call it
/// once, before other threads start. Fails with kInvalid for another word.
Result<void> configure(std::string_view level);

struct Line {
  int64_t time_ms;  // since 1970
  std::string level;
  std::string text;
};

/// The last warnings and errors, at most 50, the oldest first. Any thread.
std::vector<Line> recent_problems();

}  // namespace clew::log
