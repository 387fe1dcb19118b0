// --since, --start and --end of commands that ask for a range of time.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace clew {

struct TimeRange {
  UnixNanos from = 0, to = 0;  // both included
};

class TimeOptions {
 public:
  void add_to(CLI::App& app);

  /// The last hour if nothing else was said. Fails with kInvalid, naming the option.
  Result<TimeRange> range(UnixNanos now) const;

 private:
  std::string since_ = "1h", start_, end_;
};

}  // namespace clew
