// What tells one series of a metric from the others: its attributes, and the key they make.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/observe/span_facts.h"
#include "base/limits.h"
#include "otlp/value.h"

namespace clew::agent {

/// One attribute of a series. The value is kept as text; `type` says what it was.
struct SeriesAttribute {
  std::string name;
  std::string text;
  otlp::ValueType type = otlp::ValueType::kString;
};

using SeriesAttributes = std::vector<SeriesAttribute>;

/// The attribute that tells the series of one agent from those of another: each writes its own.
inline constexpr std::string_view kInstanceId = "collector.instance.id";

/// The attributes of the series that counts what there were too many series for. Source:
/// OpenTelemetry metrics SDK, "Cardinality limits".
SeriesAttributes overflow_attributes(const std::string& instance_id);

/// The text of a value as otlp::Value::text writes it. A string is returned where it stands,
/// without a copy; other types are written to `scratch`.
std::string_view text_of(RawValue value, std::string& scratch);

/// Writes the keys of series: the texts of their dimensions, each with its length, so that
/// different dimensions never make the same key. A key holds valid UTF-8 only, since neither
/// Prometheus nor protobuf takes anything else, and at most limits::kMetricValueBytes of each text.
/// Keys stand one behind the other in memory that is kept for the next ones.
class KeyWriter {
 public:
  void clear() { size_ = begin_ = 0; }

  void add(std::string_view text) {
    if (text.size() > limits::kMetricValueBytes) text = cut(text);
    append(static_cast<uint32_t>(text.size()), text);
  }
  /// A dimension the span does not have.
  void add_absent() { append(kAbsent, {}); }

  /// Ends a key. Returns where it begins; it reaches to size().
  size_t finish();

  size_t size() const { return size_; }
  std::string_view view(size_t begin, size_t size) const { return {bytes_.data() + begin, size}; }

 private:
  friend class KeyReader;
  static constexpr uint32_t kAbsent = 1u << 24;  // no length; its bytes are ASCII, see finish()

  void append(uint32_t length, std::string_view text) {
    size_t needed = size_ + sizeof(length) + text.size();
    if (needed > bytes_.size()) bytes_.resize(2 * needed);
    std::memcpy(bytes_.data() + size_, &length, sizeof(length));
    if (!text.empty())
      std::memcpy(bytes_.data() + size_ + sizeof(length), text.data(), text.size());
    size_ = needed;
  }
  static std::string_view cut(std::string_view text);
  void make_valid();

  std::vector<char> bytes_;
  size_t size_ = 0;
  size_t begin_ = 0;  // of the key being written
};

/// The texts of a finished key in order; null data where there is none.
class KeyReader {
 public:
  explicit KeyReader(std::string_view key) : rest_(key) {}
  std::string_view next();
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

/// A hash that a client cannot aim at: it has a random seed of this process.
uint64_t hash_of_key(std::string_view key);

}  // namespace clew::agent
