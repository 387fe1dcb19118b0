// How a role is told to stop.
#pragma once

#include <chrono>

namespace clew {

/// Keeps SIGINT and SIGTERM for wait_for_stop() and ignores SIGPIPE. Call it before any thread
/// starts.
void prepare_signals();

/// Returns when SIGINT or SIGTERM has come. A second one then ends the process at once.
void wait_for_stop();

/// Keeps SIGHUP for wait_for_wake(). Call it before any thread starts.
void take_hangups();

enum class Wake { kStop, kHangup, kTime };

/// Returns after `time`, or sooner with what came: the same as wait_for_stop(), or SIGHUP.
Wake wait_for_wake(std::chrono::milliseconds time);

/// The same as wait_for_stop() for at most `time`; whether one has come.
bool stop_came_within(std::chrono::milliseconds time);

}  // namespace clew
