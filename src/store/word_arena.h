// Memory that only grows and never moves, addressed by 32-bit numbers: half of a pointer.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace clew::store {

/// Words of 32 bits. One thread allocates and fills; readers take a View under the owner's lock and
/// may read what was filled by then without one, as long as the arena lives.
class WordArena {
 public:
  static constexpr uint32_t kChunkWords = 1 << 12;

  /// What was allocated when it was taken.
  class View {
   public:
    const uint32_t* at(uint32_t index) const {
      return chunks_[index / kChunkWords] + index % kChunkWords;
    }
    std::string_view bytes(uint32_t index) const { return bytes_at(at(index)); }

   private:
    friend class WordArena;
    std::vector<const uint32_t*> chunks_;
  };

  /// Room for `words` behind one another: index of the first.
  uint32_t allocate(size_t words) {
    if (words > left_ || left_ == 0) add_chunk(words);  // what is of no words has a place, too
    uint32_t index = next_;
    next_ += static_cast<uint32_t>(words);
    left_ -= words;
    return index;
  }

  uint32_t* at(uint32_t index) { return chunks_[index / kChunkWords] + index % kChunkWords; }
  const uint32_t* at(uint32_t index) const {
    return chunks_[index / kChunkWords] + index % kChunkWords;
  }

  /// Keeps a copy of the bytes, with their size before them.
  uint32_t add_bytes(std::string_view bytes) {
    uint32_t index = allocate(1 + (bytes.size() + 3) / 4);
    uint32_t* words = at(index);
    words[0] = static_cast<uint32_t>(bytes.size());
    if (!bytes.empty()) std::memcpy(words + 1, bytes.data(), bytes.size());
    return index;
  }
  std::string_view bytes(uint32_t index) const { return bytes_at(at(index)); }

  View view() const {
    View view;
    view.chunks_.assign(chunks_.begin(), chunks_.end());
    return view;
  }

  uint64_t memory_bytes() const { return chunks_.size() * uint64_t{kChunkWords} * 4; }
  /// Words that can still be addressed.
  uint64_t room() const { return kMaxWords - chunks_.size() * uint64_t{kChunkWords}; }

 private:
  /// The highest bit of an index is left to whoever keeps it.
  static constexpr uint64_t kMaxWords = uint64_t{1} << 31;

  static std::string_view bytes_at(const uint32_t* words) {
    return {reinterpret_cast<const char*>(words + 1), words[0]};
  }

  /// A piece larger than a chunk gets several that lie behind one another.
  void add_chunk(size_t words) {
    size_t chunks = std::max<size_t>((words + kChunkWords - 1) / kChunkWords, 1);
    next_ = static_cast<uint32_t>(chunks_.size() * kChunkWords);
    left_ = chunks * kChunkWords;
    owned_.push_back(std::make_unique_for_overwrite<uint32_t[]>(left_));
    for (size_t i = 0; i < chunks; ++i) chunks_.push_back(owned_.back().get() + i * kChunkWords);
  }

  std::vector<std::unique_ptr<uint32_t[]>> owned_;
  std::vector<uint32_t*> chunks_;
  uint32_t next_ = 0;
  size_t left_ = 0;
};

}  // namespace clew::store
