// Editing a protobuf message without taking it apart: what does not change is copied, or not even
// that.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace clew::otlp {

/// An edited copy of a message that comes to be from front to back while its reader walks over it:
///
///     original   | a | length | b | c | d | e |        replace(c), insert(e.data())
///     copy       | a | length'| b | c'| d | new | e |  length' once close() knows it
///
/// Nothing is copied before the first edit, so a message that is only looked at costs nothing.
/// Edits must go forward: never before a place that was edited already. Holds a view of the
/// original.
class Patch {
 public:
  explicit Patch(std::string_view original) : original_(original), at_(original.data()) {}

  /// A nested message whose fields are being edited.
  struct Nested {
    size_t length_at;    // where its length will stand in the copy
    size_t length_size;  // bytes of that length
    const char* end;     // of its content, in the original
    size_t edits_before;
  };

  /// The length-delimited field with that content begins; its length stands from `length` up to the
  /// content. To be closed by close() before anything behind it is edited.
  Nested open(const char* length, std::string_view content) const {
    return {copy_.size() + static_cast<size_t>(length - at_),
            static_cast<size_t>(content.data() - length), content.data() + content.size(), edits_};
  }

  /// Ends it: with edits inside, its length is set right.
  void close(const Nested& nested);

  /// What is appended to the returned string stands in front of the original's byte at `at`.
  std::string& insert(const char* at) {
    ++edits_;
    copy_until(at);
    return copy_;
  }

  /// What is appended to the returned string stands instead of `part` of the original.
  std::string& replace(std::string_view part) {
    insert(part.data());
    at_ = part.data() + part.size();
    return copy_;
  }

  bool edited() const { return edits_ != 0; }

  /// The edited copy; the patch is used up.
  std::string finish() {
    copy_until(original_.data() + original_.size());
    return std::move(copy_);
  }

 private:
  void copy_until(const char* end) {
    // Room for what edits add, so that the usual copy is made once.
    if (copy_.empty()) copy_.reserve(original_.size() + original_.size() / 2 + 256);
    copy_.append(at_, static_cast<size_t>(end - at_));
    at_ = end;
  }

  std::string_view original_;
  const char* at_;  // the original is in the copy, or replaced there, up to here
  std::string copy_;
  size_t edits_ = 0;
};

}  // namespace clew::otlp
