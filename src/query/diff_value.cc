#include "query/diff_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>

namespace clew::query {
namespace {

using otlp::Value;
using otlp::ValueType;

constexpr double kMagnitudeTolerance = 0.05;

/// Sorted. Sizes, tokens, durations; the older names of the same too, since a trace has either.
constexpr std::array<std::string_view, 24> kMagnitudes = {
    "app.jank.period",
    "file.size",
    "gen_ai.response.time_to_first_chunk",
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.completion_tokens",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.prompt_tokens",
    "gen_ai.usage.reasoning.output_tokens",
    "http.request.body.size",
    "http.request.size",
    "http.request_content_length",
    "http.request_content_length_uncompressed",
    "http.response.body.size",
    "http.response.size",
    "http.response_content_length",
    "http.response_content_length_uncompressed",
    "message.compressed_size",
    "message.uncompressed_size",
    "messaging.message.body.size",
    "messaging.message.envelope.size",
    "rpc.message.compressed_size",
    "rpc.message.uncompressed_size",
};
static_assert(std::ranges::is_sorted(kMagnitudes));

std::optional<double> number_of(const Value& value) {
  if (value.type() == ValueType::kInt) return static_cast<double>(value.as_int());
  if (value.type() == ValueType::kDouble) return value.as_double();
  return std::nullopt;
}

std::string identity_of_double(double number) {
  constexpr double kPastInt = 9223372036854775808.0;  // 2^63
  if (std::isnan(number)) return "#nan";
  bool is_whole = number == std::trunc(number) && number >= -kPastInt && number < kPastInt;
  if (is_whole) return fmt::format("#{}", static_cast<int64_t>(number));
  return fmt::format("#{}", number);
}

/// With its length in front, so that no content can look like two texts.
std::string counted(char type, std::string_view content) {
  return fmt::format("{}{}:{}", type, content.size(), content);
}

std::string identity_of_map(const Value& value) {
  std::map<std::string_view, std::string> entries;
  for (otlp::Attribute entry : value.entries())
    entries.insert_or_assign(entry.key, diff_identity(entry.value));
  std::string out = "{";
  for (const auto& [key, identity] : entries) out += counted('k', key) + identity;
  return out + "}";
}

}  // namespace

std::string diff_identity(const Value& value) {
  switch (value.type()) {
    case ValueType::kEmpty:
      return "0";
    case ValueType::kString:
      return counted('s', value.as_bytes());
    case ValueType::kBytes:
      return counted('b', value.as_bytes());
    case ValueType::kBool:
      return value.as_bool() ? "t" : "f";
    case ValueType::kInt:
      return fmt::format("#{}", value.as_int());
    case ValueType::kDouble:
      return identity_of_double(value.as_double());
    case ValueType::kMap:
      return identity_of_map(value);
    case ValueType::kArray:
      break;
  }
  std::string out = "[";
  for (const Value& element : value.elements()) out += diff_identity(element) + ",";
  return out + "]";
}

bool is_magnitude(std::string_view key) {
  return std::ranges::binary_search(kMagnitudes, key);
}

bool is_close(double a, double b, double relative, double absolute) {
  return std::abs(a - b) <= absolute + relative * std::max(std::abs(a), std::abs(b));
}

bool is_alike(std::string_view key, const Value& a, const Value& b) {
  if (is_magnitude(key)) {
    auto first = number_of(a), second = number_of(b);
    if (first && second) return is_close(*first, *second, kMagnitudeTolerance, 0);
  }
  return diff_identity(a) == diff_identity(b);
}

}  // namespace clew::query
