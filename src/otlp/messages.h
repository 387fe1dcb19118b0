// Walking the repeated sub-messages of one field of a protobuf message, in place.
#pragma once

#include <iterator>
#include <string_view>

#include "otlp/fields.h"

namespace clew::otlp {

/// The sub-messages under one tag of `message`, in order, each as its bytes. The message must have
/// passed Batch::index, which checked the framing: on other bytes iteration stops at the damage.
class MessageRange {
 public:
  MessageRange(std::string_view message, fields::Tag tag) : message_(message), tag_(tag) {}

  class iterator {
   public:
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    iterator() = default;
    iterator(std::string_view rest, fields::Tag tag) : rest_(rest), tag_(tag) { advance(); }
    std::string_view operator*() const { return current_; }
    iterator& operator++() { return advance(), *this; }
    void operator++(int) { advance(); }
    bool operator==(const iterator& other) const {
      return done_ == other.done_ && (done_ || current_.data() == other.current_.data());
    }

   private:
    void advance();

    std::string_view rest_;
    std::string_view current_;
    fields::Tag tag_ = 0;
    bool done_ = true;
  };

  iterator begin() const { return {message_, tag_}; }
  iterator end() const { return {}; }

 private:
  std::string_view message_;
  fields::Tag tag_;
};

/// The same, each decoded as T on the way: `for (Event event : span.events())`.
template <typename T>
class DecodedRange {
 public:
  DecodedRange(std::string_view message, fields::Tag tag) : messages_(message, tag) {}

  class iterator {
   public:
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    iterator() = default;
    explicit iterator(MessageRange::iterator at) : at_(at) {}
    T operator*() const { return T::decode(*at_); }
    iterator& operator++() { return ++at_, *this; }
    void operator++(int) { ++at_; }
    bool operator==(const iterator&) const = default;

   private:
    MessageRange::iterator at_;
  };

  iterator begin() const { return iterator(messages_.begin()); }
  iterator end() const { return iterator(messages_.end()); }
  bool empty() const { return begin() == end(); }

 private:
  MessageRange messages_;
};

}  // namespace clew::otlp
