// The few fields of a span that metrics are made of, read in one walk over its bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "otlp/span.h"

namespace clew::agent {

/// The attribute keys that metrics want of spans and resources.
class WantedKeys {
 public:
  /// Adds a key, once however often it is asked for. Returns its index.
  size_t add(std::string_view key);

  size_t size() const { return keys_.size(); }

  /// The index of `key`, or size() if nobody wants it. Most keys are refused by their length alone.
  size_t find(std::string_view key) const {
    if ((lengths_ & length_bit(key)) == 0) return keys_.size();
    for (size_t i = 0; i < keys_.size(); ++i)
      if (keys_[i] == key) return i;
    return keys_.size();
  }

 private:
  static uint64_t length_bit(std::string_view key) {
    return uint64_t{1} << (key.size() < 63 ? key.size() : 63);
  }

  std::vector<std::string> keys_;
  uint64_t lengths_ = 0;
};

/// An AnyValue message where it stands; null data means that there is no such attribute. Of an
/// attribute given twice the first counts, as in the collector.
using RawValue = std::string_view;

/// Views into a span's bytes, which must outlive them.
struct SpanFacts {
  SpanId span_id;
  SpanId parent_span_id;  // zero: a root
  std::string_view name;
  otlp::SpanKind kind = otlp::SpanKind::kUnspecified;
  otlp::StatusCode status = otlp::StatusCode::kUnset;
  UnixNanos start = 0;
  UnixNanos end = 0;

  /// Nanoseconds; 0 where clocks made the end earlier than the start.
  uint64_t duration() const { return end > start ? end - start : 0; }
};

/// Reads a Span message that passed Batch::index; `values` are by the index of `wanted`, all null
/// before. Attributes that nobody wants cost a look at their key.
SpanFacts read_span_facts(std::string_view span, const WantedKeys& wanted,
                          std::span<RawValue> values);

/// The same for the attributes of a Resource message.
void read_resource_values(std::string_view resource, const WantedKeys& wanted,
                          std::span<RawValue> values);

}  // namespace clew::agent
