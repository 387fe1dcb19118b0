// The attributes that normalizing adds to a span, written in one go.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/edit/envoy_keys.h"

namespace clew::agent {

/// Collects attributes, each key at most once. Holds views of their texts.
class AddedAttributes {
 public:
  void add(Key key, std::string_view text) { attributes_[count_++] = {key, false, text, 0}; }
  void add(Key key, int64_t number) { attributes_[count_++] = {key, true, {}, number}; }

  bool empty() const { return count_ == 0; }

  /// Appends them as fields Span.attributes.
  void append_to(std::string& span) const;

 private:
  struct Attribute {
    Key key;
    bool is_number;
    std::string_view text;
    int64_t number;
  };

  std::array<Attribute, kKeyNames.size()> attributes_;
  size_t count_ = 0;
};

}  // namespace clew::agent
