#include "query/traceql/series.h"

namespace clew::query::traceql {

Result<Timeline> Timeline::of_range(UnixNanos start, UnixNanos end, uint64_t step) {
  if (step == 0) return fail(Code::kInvalid, "step must be above 0");
  if (start >= end) return fail(Code::kInvalid, "the range must end after it starts");
  uint64_t first = start / step;
  uint64_t last = end / step + (end % step > 0 ? 1 : 0);
  uint64_t count = last - first + 1;
  if (count > kMostIntervals)
    return fail(Code::kInvalid, "{} points, at most {} are allowed: use a longer step", count,
                kMostIntervals);
  if (first == 0) return fail(Code::kInvalid, "the range starts before the first step since 1970");
  if (last > UINT64_MAX / step) return fail(Code::kInvalid, "the range ends too far in the future");
  return Timeline((first - 1) * step, step, count);
}

Result<Timeline> Timeline::of_instant(UnixNanos start, UnixNanos end) {
  if (start >= end) return fail(Code::kInvalid, "the range must end after it starts");
  return Timeline(start, end - start, 1);
}

}  // namespace clew::query::traceql
