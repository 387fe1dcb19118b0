// A uniform sample of the traces sent, with how many spans of each were acknowledged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "base/ids.h"

namespace clew::load {

/// Keeps the traces whose hashed ID is among the `size` smallest seen: every trace has the same
/// chance, whatever its number of spans, and IDs are not neighbours in the order of IDs. One thread
/// fills it; samples of traces that are not shared can be merged.
class TraceSample {
 public:
  explicit TraceSample(size_t size) : size_(size) {}

  /// One more span of `trace` was acknowledged.
  void add(const TraceId& trace) { add(hash_of(trace), trace, 1); }

  void merge(const TraceSample& other) {
    for (const auto& [hash, kept] : other.kept_) add(hash, kept.first, kept.second);
  }

  /// One line a trace: its ID in hex, a space, its acknowledged spans.
  std::string text() const {
    std::string lines;
    for (const auto& [_, kept] : kept_)
      lines += kept.first.hex() + " " + std::to_string(kept.second) + "\n";
    return lines;
  }

 private:
  static uint64_t hash_of(const TraceId& trace) {
    uint64_t words[2];
    std::memcpy(words, trace.bytes.data(), sizeof words);
    uint64_t hash = (words[0] ^ (words[1] << 31 | words[1] >> 33)) * 0x9e3779b97f4a7c15;
    return (hash ^ hash >> 32) * 0xbf58476d1ce4e5b9;
  }

  void add(uint64_t hash, const TraceId& trace, uint64_t spans) {
    if (size_ == 0 || (kept_.size() == size_ && hash > kept_.rbegin()->first)) return;
    auto [at, is_new] = kept_.try_emplace(hash, trace, 0);
    at->second.second += spans;
    // A trace pushed out cannot come back: the largest hash kept only falls.
    if (is_new && kept_.size() > size_) kept_.erase(std::prev(kept_.end()));
  }

  size_t size_;
  std::map<uint64_t, std::pair<TraceId, uint64_t>> kept_;  // by hash
};

}  // namespace clew::load
