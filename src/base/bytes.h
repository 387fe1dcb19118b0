// Immutable bytes with shared ownership, so a request is kept once however many hold a part of it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace clew {

/// A view of bytes together with whatever keeps them alive. Copies share; any thread may read.
class SharedBytes {
 public:
  SharedBytes() = default;

  /// Takes the string over without copying it.
  static SharedBytes take(std::string bytes) {
    auto owner = std::make_shared<const std::string>(std::move(bytes));
    std::string_view view = *owner;
    return {std::move(owner), view};
  }

  /// Copies the bytes.
  static SharedBytes copy(std::string_view bytes) { return take(std::string(bytes)); }

  /// Bytes that `owner` keeps alive: a mapped file, a slice of a library's buffer.
  static SharedBytes wrap(std::shared_ptr<const void> owner, std::string_view bytes) {
    return {std::move(owner), bytes};
  }

  std::string_view view() const { return view_; }
  size_t size() const { return view_.size(); }
  bool empty() const { return view_.empty(); }

 private:
  SharedBytes(std::shared_ptr<const void> owner, std::string_view view)
      : owner_(std::move(owner)), view_(view) {}

  std::shared_ptr<const void> owner_;
  std::string_view view_;
};

}  // namespace clew
