// Logging goes through spdlog's default logger, to stderr. This header is the one place that says
// so.
#pragma once

#include <spdlog/spdlog.h>

#include <string_view>

#include "base/result.h"

namespace clew::log {

using spdlog::debug;
using spdlog::error;
using spdlog::info;
using spdlog::warn;

/// Sets the format (UTC time, level, message) and the level: debug, info, warn, error. Call it
/// once, before other threads start. Fails with kInvalid for another word.
Result<void> configure(std::string_view level);

}  // namespace clew::log
