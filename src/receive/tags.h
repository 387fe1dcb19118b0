// The tags of one span, log or process of a foreign format, on their way to OTLP's attributes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "otlp/value.h"

namespace clew::receive {

/// Typed tags, each key once, as OTLP demands: a later value takes the place of an earlier one.
/// Views: what they point to must outlive it.
///
/// Keys are looked up about a dozen times per span and mostly are not there. A set of 64 hashes
/// answers that without looking at the keys. Past the first 256 tags, twice what OpenTelemetry's
/// SDKs send at most, a key may stand twice: a span of 65,536 must not cost 65,536² comparisons.
class Tags {
 public:
  void set(std::string_view key, otlp::Value value) {
    if (otlp::Attribute* tag = look_up(key, kChecked)) {
      tag->value = value;
      return;
    }
    hashes_ |= hash(key);
    tags_.push_back({key, value});
  }

  const otlp::Value* find(std::string_view key) const {
    const otlp::Attribute* tag = const_cast<Tags*>(this)->look_up(key);
    return tag == nullptr ? nullptr : &tag->value;
  }
  /// The text under the key, if there is one.
  std::optional<std::string_view> find_text(std::string_view key) const {
    const otlp::Value* value = find(key);
    if (value == nullptr || value->type() != otlp::ValueType::kString) return std::nullopt;
    return value->as_bytes();
  }

  void remove(std::string_view key) {
    if (otlp::Attribute* tag = look_up(key)) tags_.erase(tags_.begin() + (tag - tags_.data()));
  }
  /// find_text(), and what it finds is removed.
  std::optional<std::string_view> take_text(std::string_view key) {
    auto text = find_text(key);
    if (text) remove(key);
    return text;
  }

  void clear() {
    tags_.clear();
    hashes_ = 0;
  }
  size_t size() const { return tags_.size(); }
  auto begin() const { return tags_.begin(); }
  auto end() const { return tags_.end(); }

 private:
  static uint64_t hash(std::string_view key) {
    if (key.empty()) return 1;
    auto first = static_cast<uint8_t>(key.front()), last = static_cast<uint8_t>(key.back());
    return uint64_t{1} << ((key.size() * 7 + first * 31u + last * 5u) & 63);
  }
  otlp::Attribute* look_up(std::string_view key, size_t among = SIZE_MAX) {
    if ((hashes_ & hash(key)) == 0) return nullptr;
    size_t end = std::min(among, tags_.size());
    for (size_t i = 0; i < end; ++i)
      if (tags_[i].key == key) return &tags_[i];
    return nullptr;
  }

  static constexpr size_t kChecked = 256;

  std::vector<otlp::Attribute> tags_;
  uint64_t hashes_ = 0;
};

}  // namespace clew::receive
