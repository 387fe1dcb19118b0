#include "query/population_sketch.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace clew::query {
namespace {

constexpr int kStepBits = 4;  // 16 buckets for each power of two
constexpr size_t kSteps = 1 << kStepBits;

size_t bucket_of(uint64_t value) {
  if (value < kSteps) return value;
  int shift = std::bit_width(value) - 1 - kStepBits;
  return static_cast<size_t>(shift) * kSteps + (value >> shift);
}

/// The middle of a bucket.
uint64_t middle_of(size_t bucket) {
  if (bucket < 2 * kSteps) return bucket;
  int shift = static_cast<int>(bucket / kSteps) - 1;
  uint64_t low = (bucket % kSteps + kSteps) << shift;
  return low + (uint64_t{1} << shift) / 2;
}

}  // namespace

void DurationSketch::grow_to(size_t bucket) {
  // Some more than is asked for, so that a node does not grow by every span.
  constexpr size_t kRoom = 8;
  if (counts_.empty()) {
    first_ = bucket - std::min(bucket, kRoom);
    counts_.resize(bucket - first_ + kRoom);
  } else if (bucket < first_) {
    size_t first = bucket - std::min(bucket, kRoom);
    counts_.insert(counts_.begin(), first_ - first, 0);
    first_ = first;
  } else if (bucket - first_ >= counts_.size()) {
    counts_.resize(bucket - first_ + kRoom);
  }
}

void DurationSketch::add(uint64_t duration_ns) {
  size_t bucket = bucket_of(duration_ns);
  grow_to(bucket);
  ++counts_[bucket - first_];
  shortest_ = count_ == 0 ? duration_ns : std::min(shortest_, duration_ns);
  longest_ = std::max(longest_, duration_ns);
  ++count_;
}

void DurationSketch::add(const DurationSketch& other) {
  if (other.count_ == 0) return;
  grow_to(other.first_);
  grow_to(other.first_ + other.counts_.size() - 1);
  for (size_t i = 0; i < other.counts_.size(); ++i)
    counts_[other.first_ + i - first_] += other.counts_[i];
  shortest_ = count_ == 0 ? other.shortest_ : std::min(shortest_, other.shortest_);
  longest_ = std::max(longest_, other.longest_);
  count_ += other.count_;
}

uint64_t DurationSketch::quantile(double quantile) const {
  if (count_ == 0) return 0;
  auto rank = static_cast<uint64_t>(
      std::max(std::ceil(std::clamp(quantile, 0.0, 1.0) * static_cast<double>(count_)), 1.0));
  uint64_t seen = 0;
  for (size_t i = 0; i < counts_.size(); ++i)
    if ((seen += counts_[i]) >= rank) return std::clamp(middle_of(first_ + i), shortest_, longest_);
  return longest_;
}

}  // namespace clew::query
