// Series of points, as TraceQL's metrics give them.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "query/traceql/ast.h"

namespace clew::query::traceql {

/// Sorted by name.
using Labels = std::vector<std::pair<std::string, Literal>>;

/// One span behind a point.
struct Exemplar {
  TraceId trace_id;
  UnixNanos time = 0;
  double value =
      0;  // as the points of the function are; of rate and counts the span's duration in seconds
};

inline constexpr double kNoPoint = std::numeric_limits<double>::quiet_NaN();

struct Series {
  Labels labels;
  std::vector<double> points = {};  // one for each interval; NaN: none
  std::vector<Exemplar> exemplars = {};
};

/// The intervals of a question: open at the start, closed at the end, each known by its end.
class Timeline {
 public:
  /// Of a range, aligned to the step, with one interval in front so that the first point lies at
  /// the start, as Tempo has it. Fails with kInvalid past kMostIntervals or on an empty range.
  static Result<Timeline> of_range(UnixNanos start, UnixNanos end, uint64_t step);
  /// Of one point at the end.
  static Result<Timeline> of_instant(UnixNanos start, UnixNanos end);

  static constexpr uint64_t kMostIntervals = 11'000;

  size_t size() const { return count_; }
  uint64_t step() const { return step_; }
  UnixNanos start() const { return start_; }  // exclusive
  UnixNanos end() const { return start_ + count_ * step_; }
  /// The interval of a time; size() if it is in none.
  size_t interval(UnixNanos time) const {
    return time > start_ && time <= end() ? static_cast<size_t>((time - start_ - 1) / step_)
                                          : count_;
  }
  UnixNanos point(size_t interval) const { return start_ + (interval + 1) * step_; }

 private:
  Timeline(UnixNanos start, uint64_t step, size_t count)
      : start_(start), step_(step), count_(count) {}

  UnixNanos start_;
  uint64_t step_;
  size_t count_;
};

}  // namespace clew::query::traceql
