// Which of the spans that were sent came out at the other end.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "load/workload.h"

namespace clew::load {

/// A table of 64-bit hashes of spans' IDs, 16 bytes for every span that may be sent. Any thread may
/// use it. That two spans of a run share a hash, and one of them is then taken for a second arrival
/// of the other, has a chance of 1 in 10,000 with 30 million spans.
class Arrivals {
 public:
  struct Counts {
    uint64_t arrived = 0;  // of the spans sent
    uint64_t twice = 0;    // arrivals of a span after its first
    uint64_t unknown = 0;  // that nobody sent
    uint64_t missing = 0;  // sent, not refused, not arrived
  };

  /// For at most `spans`.
  explicit Arrivals(uint64_t spans);

  /// Remembers spans that will be sent. Returns their places, for refused().
  std::vector<uint64_t> sending(std::span<const SpanKey> spans);

  /// These were refused: nobody has to wait for them. They still count as arrived if they do.
  void refused(std::span<const uint64_t> places);

  /// One more span came in.
  void arrived(const SpanKey& span);

  Counts counts() const;

 private:
  /// In the lowest bits of a slot, the hash in the others. An empty slot is zero.
  enum State : uint64_t { kSent = 1, kRefused = 2, kArrived = 3, kStateBits = 3 };
  using Slot = std::atomic<uint64_t>;

  uint64_t place_of(uint64_t hash) const { return (hash >> 2) % size_; }
  uint64_t next(uint64_t place) const { return place + 1 == size_ ? 0 : place + 1; }

  uint64_t size_;
  std::unique_ptr<Slot[]> slots_;
  std::atomic<int64_t> waiting_ = 0;  // sent, neither arrived nor refused
  std::atomic<uint64_t> arrived_ = 0, twice_ = 0, unknown_ = 0;
};

}  // namespace clew::load
