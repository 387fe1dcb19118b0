#include "load/arrivals.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace clew::load {
namespace {

constexpr uint64_t kSlotsPerSpan = 2;

/// Both IDs of the span in 64 bits of which the lowest two are free.
uint64_t hash_of(const SpanKey& span) {
  Id<24> both;
  std::memcpy(both.bytes.data(), span.trace_id.bytes.data(), 16);
  std::memcpy(both.bytes.data() + 16, span.span_id.bytes.data(), 8);
  return uint64_t{IdHash()(both)} << 2;
}

}  // namespace

Arrivals::Arrivals(uint64_t spans)
    : size_(std::max<uint64_t>(spans * kSlotsPerSpan, 64)),
      slots_(std::make_unique<Slot[]>(size_)) {}

std::vector<uint64_t> Arrivals::sending(std::span<const SpanKey> spans) {
  std::vector<uint64_t> places;
  places.reserve(spans.size());
  waiting_ += static_cast<int64_t>(spans.size());
  for (const SpanKey& span : spans) {
    uint64_t hash = hash_of(span);
    uint64_t place = place_of(hash), probes = 0;
    for (uint64_t empty = 0; !slots_[place].compare_exchange_strong(empty, hash | kSent);
         empty = 0) {
      CLEW_CHECK(++probes < size_);
      place = next(place);
    }
    places.push_back(place);
  }
  return places;
}

void Arrivals::refused(std::span<const uint64_t> places) {
  for (uint64_t place : places) {
    uint64_t slot = slots_[place];
    while ((slot & kStateBits) == kSent) {
      if (!slots_[place].compare_exchange_weak(slot, slot - kSent + kRefused)) continue;
      --waiting_;
      break;
    }
  }
}

void Arrivals::arrived(const SpanKey& span) {
  uint64_t hash = hash_of(span);
  for (uint64_t place = place_of(hash);; place = next(place)) {
    uint64_t slot = slots_[place];
    if (slot == 0) break;
    if ((slot & ~uint64_t{kStateBits}) != hash) continue;
    do {
      if ((slot & kStateBits) == kArrived) {
        ++twice_;
        return;
      }
    } while (!slots_[place].compare_exchange_weak(slot, hash | kArrived));
    if ((slot & kStateBits) == kSent) --waiting_;
    ++arrived_;
    return;
  }
  ++unknown_;
}

Arrivals::Counts Arrivals::counts() const {
  return {.arrived = arrived_,
          .twice = twice_,
          .unknown = unknown_,
          .missing = static_cast<uint64_t>(std::max<int64_t>(waiting_, 0))};
}

}  // namespace clew::load
