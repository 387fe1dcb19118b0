// Durations counted in buckets: classic ones with fixed bounds, and OpenTelemetry's exponential
// ones.
#pragma once

#include <absl/numeric/int128.h>

#include <cstdint>
#include <vector>

namespace clew::agent {

/// How durations are shown; they are measured in nanoseconds.
enum class DurationUnit : uint8_t { kMilliseconds, kSeconds };

constexpr double nanos_per(DurationUnit unit) {
  return unit == DurationUnit::kMilliseconds ? 1e6 : 1e9;
}

/// What every histogram of one metric has in common.
struct HistogramShape {
  DurationUnit unit = DurationUnit::kMilliseconds;
  /// Upper bounds in nanoseconds, ascending, each inclusive; what is longer than all goes into one
  /// more bucket. Empty with max_size.
  std::vector<uint64_t> bounds = default_bounds();
  /// Buckets an exponential histogram may have; 0: the histogram has `bounds`.
  int32_t max_size = 0;

  /// 2 ms to 15 s: the collector's.
  static std::vector<uint64_t> default_bounds();

  bool is_exponential() const { return max_size > 0; }
  /// The bound in the unit.
  double bound(size_t index) const { return double(bounds[index]) / nanos_per(unit); }
  /// The bucket of a duration in an explicit histogram.
  size_t bucket_of(uint64_t nanos) const;
};

/// Counts by powers of 2^(2^-scale): bucket i holds values in (base^i, base^(i+1)]. The scale falls
/// by itself so that all values fit into the buckets there may be.
/// Source: OpenTelemetry metrics data model and SDK, "Base2 Exponential Bucket Histogram".
class ExponentialBuckets {
 public:
  static constexpr int kMaxScale = 20;

  /// Counts a value greater than 0; `max_size` is at least 2 and always the same.
  void add(double value, int32_t max_size);

  /// The bucket of a value greater than 0 at a scale.
  static int32_t index_of(double value, int scale);

  int scale() const { return scale_; }
  int32_t offset() const { return offset_; }                       // index of counts()[0]
  const std::vector<uint64_t>& counts() const { return counts_; }  // empty: no value yet

  /// Takes away what was counted when `earlier` was a copy of this.
  void subtract(const ExponentialBuckets& earlier);

 private:
  void downscale(int by);
  void reach(int32_t index);

  int scale_ = kMaxScale;
  int32_t offset_ = 0;
  std::vector<uint64_t> counts_;
};

/// A count, a sum and buckets of durations. Not thread-safe.
class DurationHistogram {
 public:
  void add(uint64_t nanos, const HistogramShape& shape);

  uint64_t count() const { return count_; }
  /// Exact: the order in which durations came does not matter.
  double sum(DurationUnit unit) const { return double(sum_) / nanos_per(unit); }
  double min(DurationUnit unit) const { return double(min_) / nanos_per(unit); }
  double max(DurationUnit unit) const { return double(max_) / nanos_per(unit); }
  uint64_t zero_count() const { return zero_count_; }              // exponential only
  const std::vector<uint64_t>& counts() const { return counts_; }  // explicit only, by bucket
  const ExponentialBuckets& exponential() const { return exponential_; }

  /// What was added since `earlier` was a copy of this; min and max stay those of all time.
  DurationHistogram since(const DurationHistogram& earlier) const;

 private:
  uint64_t count_ = 0;
  absl::uint128 sum_ = 0;  // nanoseconds; 64 bits are full after two days at 100,000 seconds/s
  uint64_t min_ = UINT64_MAX;
  uint64_t max_ = 0;
  uint64_t zero_count_ = 0;
  std::vector<uint64_t> counts_;
  ExponentialBuckets exponential_;
};

}  // namespace clew::agent
