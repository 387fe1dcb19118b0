// A sequence that grows at its end while others read what was there before.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace clew::store {

/// Elements never move and never change once appended. One thread appends; a reader takes a copy of
/// the vector (of its chunk list: cheap) under the appender's lock and may then read it without
/// one.
template <typename T, size_t kChunk>
class StableVector {
 public:
  void push_back(T value) {
    if (size_ % kChunk == 0) {
      auto chunk = std::make_shared<std::vector<T>>();
      chunk->reserve(kChunk);
      T* first = chunk->data();
      chunks_.push_back({std::move(chunk), first});
    }
    chunks_.back().elements->push_back(std::move(value));
    ++size_;
  }

  // Through the pointer to the first element, which is constant; the appender moves only the end.
  const T& operator[](size_t i) const { return chunks_[i / kChunk].first[i % kChunk]; }
  size_t size() const { return size_; }
  size_t capacity_bytes() const { return chunks_.size() * kChunk * sizeof(T); }

  /// For the appender; readers must not look at what it changes.
  T& mutable_at(size_t i) { return (*chunks_[i / kChunk].elements)[i % kChunk]; }

 private:
  struct Chunk {
    std::shared_ptr<std::vector<T>> elements;
    const T* first;
  };
  std::vector<Chunk> chunks_;
  size_t size_ = 0;
};

}  // namespace clew::store
