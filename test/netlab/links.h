// Packets on their way: each is held for as long as the way from its site to the other takes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <vector>

#include "matrix.h"

namespace clew::netlab {

using Time = std::chrono::steady_clock::time_point;

/// All packets that are held take at most this much memory, those that come then vanish.
inline constexpr size_t kMaxHeldBytes = 256 << 20;
/// And those of one way this much, so one that is flooded leaves room for the others.
inline constexpr size_t kMaxHeldBytesOfWay = 16 << 20;
/// A way with a limit on bytes per second has room for what it takes in this time.
inline constexpr std::chrono::milliseconds kMaxBacklog{500};

/// What became of the packets of one way.
struct Counts {
  uint64_t packets = 0, bytes = 0;  // delivered
  uint64_t lost = 0;                // by the way's loss
  uint64_t down = 0;                // one of its ends was
  uint64_t full = 0;                // no room: memory, backlog, or the other end's device
};

struct Packet {
  Time due;
  uint64_t number;  // in order of arrival
  size_t from, to;  // sites
  std::vector<std::byte> bytes;
};

/// Not for several threads.
class Links {
 public:
  explicit Links(Matrix matrix);

  /// What comes from now on takes the new ways; what is held arrives when it would have. The sites
  /// are the same as before.
  void change(Matrix matrix);
  const Matrix& matrix() const { return matrix_; }

  /// Holds a copy of a packet, or counts what it was given up for.
  void take(size_t from, size_t to, std::span<const std::byte> bytes, Time now);

  /// When the next packet is due.
  std::optional<Time> next() const;
  /// The next packet, if it is due by now and its destination not down. The packets of a way come
  /// in the order in which they were taken.
  std::optional<Packet> deliver(Time now);
  /// What became of one that deliver() gave.
  void delivered(const Packet& packet, bool arrived);

  const Counts& counts(size_t from, size_t to) const { return ways_[at(from, to)].counts; }
  size_t held_bytes() const { return held_bytes_; }

 private:
  struct State {
    Counts counts;
    Time last_due{};    // of what was taken last
    Time busy_until{};  // with a limit on bytes per second
    size_t held_bytes = 0;
  };

  size_t at(size_t from, size_t to) const { return (from * matrix_.sites.size()) + to; }
  std::optional<Time> due(const Way& way, State& state, size_t bytes, Time now);

  Matrix matrix_;
  std::vector<State> ways_;
  std::vector<Packet> held_;  // a heap, the next one first
  size_t held_bytes_ = 0;
  uint64_t taken_ = 0;
  std::mt19937_64 random_{std::random_device{}()};
};

}  // namespace clew::netlab
