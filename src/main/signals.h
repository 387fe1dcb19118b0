// How a role is told to stop.
#pragma once

#include <chrono>

namespace clew {

/// Keeps SIGINT and SIGTERM for wait_for_stop() and ignores SIGPIPE. Call it before any thread
/// starts.
void prepare_signals();

/// Returns when SIGINT or SIGTERM has come. A second one then ends the process at once.
void wait_for_stop();

/// The same for at most `time`; whether one has come.
bool stop_came_within(std::chrono::milliseconds time);

}  // namespace clew
