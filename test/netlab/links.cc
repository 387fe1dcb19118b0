#include "links.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace clew::netlab {
namespace {

/// What a packet takes of memory.
size_t size_of(const Packet& packet) {
  return packet.bytes.size() + sizeof(Packet);
}

bool is_later(const Packet& left, const Packet& right) {
  return std::tie(left.due, left.number) > std::tie(right.due, right.number);
}

std::chrono::nanoseconds nanoseconds(double count) {
  return std::chrono::nanoseconds(static_cast<int64_t>(count));
}

}  // namespace

Links::Links(Matrix matrix)
    : matrix_(std::move(matrix)), ways_(matrix_.sites.size() * matrix_.sites.size()) {}

void Links::change(Matrix matrix) {
  matrix_ = std::move(matrix);
}

std::optional<Time> Links::due(const Way& way, State& state, size_t bytes, Time now) {
  Time sent = now;
  if (way.bytes_per_second > 0) {
    // What a limit of before has put off counts no more than a backlog that is possible now.
    sent = std::max(now, std::min(state.busy_until, now + kMaxBacklog));
    sent += nanoseconds(static_cast<double>(bytes) / way.bytes_per_second * 1e9);
    if (sent - now > kMaxBacklog) return {};
    state.busy_until = sent;
  }
  std::uniform_real_distribution<double> share(1 - way.jitter, 1 + way.jitter);
  const auto delay = static_cast<double>(way.delay.count());
  // TCP takes packets out of order for lost ones, and the ways of the internet keep the order.
  state.last_due = std::max(state.last_due, sent + nanoseconds(delay * share(random_)));
  return state.last_due;
}

void Links::take(size_t from, size_t to, std::span<const std::byte> bytes, Time now) {
  State& state = ways_[at(from, to)];
  if (matrix_.down[from] || matrix_.down[to]) {
    ++state.counts.down;
    return;
  }
  const Way& way = matrix_.way(from, to);
  if (way.loss > 0 && std::uniform_real_distribution<double>()(random_) < way.loss) {
    ++state.counts.lost;
    return;
  }
  const size_t size = bytes.size() + sizeof(Packet);
  std::optional<Time> when;
  if (held_bytes_ + size <= kMaxHeldBytes && state.held_bytes + size <= kMaxHeldBytesOfWay)
    when = due(way, state, bytes.size(), now);
  if (!when) {
    ++state.counts.full;
    return;
  }
  held_.push_back({*when, taken_++, from, to, {bytes.begin(), bytes.end()}});
  std::ranges::push_heap(held_, is_later);
  held_bytes_ += size;
  state.held_bytes += size;
}

std::optional<Time> Links::next() const {
  if (held_.empty()) return {};
  return held_.front().due;
}

std::optional<Packet> Links::deliver(Time now) {
  while (!held_.empty() && held_.front().due <= now) {
    std::ranges::pop_heap(held_, is_later);
    Packet packet = std::move(held_.back());
    held_.pop_back();
    State& state = ways_[at(packet.from, packet.to)];
    held_bytes_ -= size_of(packet);
    state.held_bytes -= size_of(packet);
    if (!matrix_.down[packet.to]) return packet;
    ++state.counts.down;
  }
  return {};
}

void Links::delivered(const Packet& packet, bool arrived) {
  Counts& counts = ways_[at(packet.from, packet.to)].counts;
  if (!arrived) {
    ++counts.full;
    return;
  }
  ++counts.packets;
  counts.bytes += packet.bytes.size();
}

}  // namespace clew::netlab
