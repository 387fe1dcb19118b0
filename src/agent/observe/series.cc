#include "agent/observe/series.h"

#include <xxhash.h>

#include <random>
#include <utility>

#include "base/json.h"
#include "base/metrics.h"

namespace clew::agent {
namespace {

bool is_ascii(std::string_view bytes) {
  uint64_t high_bits = 0;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data(), 8);
    high_bits |= word;
  }
  for (char byte : bytes) high_bits |= static_cast<uint8_t>(byte);
  return (high_bits & 0x8080808080808080) == 0;
}

/// `text` with U+FFFD for every byte that is not UTF-8.
std::string valid_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    size_t length = utf8_length(text);
    out += length == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

}  // namespace

SeriesAttributes overflow_attributes(const std::string& instance_id) {
  SeriesAttributes attributes = {{"otel.metric.overflow", "true", otlp::ValueType::kBool}};
  if (!instance_id.empty()) attributes.push_back({std::string(kInstanceId), instance_id});
  return attributes;
}

std::string_view text_of(RawValue value, std::string& scratch) {
  constexpr char kStringTag = otlp::fields::any_value::kString << 3 | 2;
  bool short_string = value.size() >= 2 && value[0] == kStringTag &&
                      static_cast<uint8_t>(value[1]) < 0x80 &&
                      value.size() == 2 + static_cast<size_t>(value[1]);
  if (short_string) return value.substr(2);
  otlp::Value decoded = otlp::Value::decode(value);
  if (decoded.type() == otlp::ValueType::kString) return decoded.as_bytes();
  scratch = decoded.text();
  return scratch;
}

std::string_view KeyWriter::cut(std::string_view text) {
  static prometheus::Counter& hits = metrics::limit_hits("metric_value_bytes");
  hits.Increment();
  size_t end = limits::kMetricValueBytes;
  // Not within a character: its first byte is the last one that does not look like 10xxxxxx.
  while (end > limits::kMetricValueBytes - 3 && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80)
    --end;
  return text.substr(0, end);
}

size_t KeyWriter::finish() {
  if (!is_ascii(view(begin_, size_ - begin_))) make_valid();
  return std::exchange(begin_, size_);
}

void KeyWriter::make_valid() {
  std::string key(view(begin_, size_ - begin_));
  KeyReader reader(key);
  size_ = begin_;
  while (!reader.at_end()) {
    std::string_view text = reader.next();
    if (text.data() == nullptr)
      add_absent();
    else
      add(valid_text(text));
  }
}

std::string_view KeyReader::next() {
  uint32_t length = 0;
  std::memcpy(&length, rest_.data(), sizeof(length));
  rest_.remove_prefix(sizeof(length));
  if (length == KeyWriter::kAbsent) return {};
  std::string_view text = rest_.substr(0, length);
  rest_.remove_prefix(length);
  return text;
}

uint64_t hash_of_key(std::string_view key) {
  static const uint64_t seed = std::random_device()() | uint64_t{std::random_device()()} << 32;
  return XXH3_64bits_withSeed(key.data(), key.size(), seed);
}

}  // namespace clew::agent
