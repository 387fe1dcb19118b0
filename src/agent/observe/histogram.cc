#include "agent/observe/histogram.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace clew::agent {

std::vector<uint64_t> HistogramShape::default_bounds() {
  std::vector<uint64_t> bounds;
  for (uint64_t ms :
       {2, 4, 6, 8, 10, 50, 100, 200, 400, 800, 1000, 1400, 2000, 5000, 10'000, 15'000})
    bounds.push_back(ms * 1'000'000);
  return bounds;
}

size_t HistogramShape::bucket_of(uint64_t nanos) const {
  // Counting has no branch to foretell wrong, unlike a search; there are some 16 bounds.
  size_t bucket = 0;
  for (uint64_t bound : bounds) bucket += nanos > bound;
  return bucket;
}

int32_t ExponentialBuckets::index_of(double value, int scale) {
  int exponent = 0;
  double fraction = std::frexp(value, &exponent);  // value = fraction * 2^exponent, [0.5, 1)
  // Upper bounds are inclusive, so an exact power of two belongs to the bucket below it.
  bool exact = fraction == 0.5;
  int below = exact ? exponent - 2 : exponent - 1;  // 2^below < value <= 2^(below + 1)
  if (scale <= 0) return below >> -scale;
  if (exact) return ((exponent - 1) << scale) - 1;
  int32_t least = below << scale;
  int32_t most = ((below + 1) << scale) - 1;
  auto index =
      static_cast<int32_t>(std::floor(std::log(value) * std::ldexp(std::numbers::log2e, scale)));
  return std::clamp(index, least, most);
}

void ExponentialBuckets::add(double value, int32_t max_size) {
  int32_t index = index_of(value, scale_);
  if (!counts_.empty()) {
    int32_t low = std::min(index, offset_);
    int32_t high = std::max(index, offset_ + static_cast<int32_t>(counts_.size()) - 1);
    int by = 0;
    for (; int64_t{high} - low >= max_size; ++by) low >>= 1, high >>= 1;
    if (by > 0) {
      downscale(by);
      index >>= by;
    }
  }
  reach(index);
  ++counts_[static_cast<size_t>(index - offset_)];
}

void ExponentialBuckets::reach(int32_t index) {
  if (counts_.empty()) offset_ = index;
  if (index < offset_) {
    counts_.insert(counts_.begin(), static_cast<size_t>(offset_ - index), 0);
    offset_ = index;
  }
  auto place = static_cast<size_t>(index - offset_);
  if (place >= counts_.size()) counts_.resize(place + 1);
}

void ExponentialBuckets::downscale(int by) {
  scale_ -= by;
  if (counts_.empty()) return;
  int32_t offset = offset_ >> by;
  int32_t last = (offset_ + static_cast<int32_t>(counts_.size()) - 1) >> by;
  std::vector<uint64_t> merged(static_cast<size_t>(last - offset) + 1);
  for (size_t i = 0; i < counts_.size(); ++i)
    merged[static_cast<size_t>(((offset_ + static_cast<int32_t>(i)) >> by) - offset)] += counts_[i];
  counts_ = std::move(merged);
  offset_ = offset;
}

void ExponentialBuckets::subtract(const ExponentialBuckets& earlier) {
  ExponentialBuckets other = earlier;
  if (other.scale_ > scale_) other.downscale(other.scale_ - scale_);
  for (size_t i = 0; i < other.counts_.size(); ++i)
    counts_[static_cast<size_t>(other.offset_ - offset_) + i] -= other.counts_[i];
}

void DurationHistogram::add(uint64_t nanos, const HistogramShape& shape) {
  ++count_;
  sum_ += nanos;
  if (!shape.is_exponential()) {
    if (counts_.empty()) counts_.resize(shape.bounds.size() + 1);
    ++counts_[shape.bucket_of(nanos)];
    return;
  }
  min_ = std::min(min_, nanos);
  max_ = std::max(max_, nanos);
  if (nanos == 0)
    ++zero_count_;
  else
    exponential_.add(double(nanos) / nanos_per(shape.unit), shape.max_size);
}

DurationHistogram DurationHistogram::since(const DurationHistogram& earlier) const {
  DurationHistogram difference = *this;
  difference.count_ -= earlier.count_;
  difference.sum_ -= earlier.sum_;
  difference.zero_count_ -= earlier.zero_count_;
  for (size_t i = 0; i < earlier.counts_.size(); ++i) difference.counts_[i] -= earlier.counts_[i];
  difference.exponential_.subtract(earlier.exponential_);
  return difference;
}

}  // namespace clew::agent
