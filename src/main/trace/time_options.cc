#include "main/trace/time_options.h"

#include <algorithm>

#include "base/duration.h"
#include "base/time_text.h"

namespace clew {

void TimeOptions::add_to(CLI::App& app) {
  app.add_option("--since", since_, "How far back from the end")
      ->type_name("DURATION")
      ->capture_default_str();
  app.add_option("--start", start_, "2026-07-01T12:00:00Z, or so long ago: 3h; wins over --since")
      ->type_name("TIME");
  app.add_option("--end", end_, "The same; now without it")->type_name("TIME");
}

Result<TimeRange> TimeOptions::range(UnixNanos now) const {
  auto at = [&](const char* flag, const std::string& text) -> Result<UnixNanos> {
    auto time = parse_time(text, now);
    if (!time) return fail(Code::kInvalid, "{}: {}", flag, time.error().message);
    return time;
  };
  auto end = end_.empty() ? Result<UnixNanos>(now) : at("--end", end_);
  if (!end) return std::unexpected(end.error());
  if (!start_.empty()) {
    auto start = at("--start", start_);
    if (!start) return std::unexpected(start.error());
    if (*start > *end) return fail(Code::kInvalid, "--start is after the end");
    return TimeRange{*start, *end};
  }
  auto since = parse_duration(since_);
  if (!since) return fail(Code::kInvalid, "--since: {}", since.error().message);
  return TimeRange{*end - std::min(*end, *since), *end};
}

}  // namespace clew
