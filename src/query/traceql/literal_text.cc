#include "query/traceql/literal_text.h"

#include <fmt/format.h>

#include "otlp/span.h"

namespace clew::query::traceql {
namespace {

/// `whole.fraction` without trailing zeros.
std::string decimal(uint64_t value, uint64_t unit, std::string_view name) {
  std::string text = fmt::format("{}", value / unit);
  uint64_t rest = value % unit;
  if (rest > 0) {
    size_t digits = fmt::formatted_size("{}", unit) - 1;
    std::string fraction = fmt::format("{:0{}}", rest, digits);
    text += "." + fraction.substr(0, fraction.find_last_not_of('0') + 1);
  }
  return text + std::string(name);
}

}  // namespace

std::string duration_text(int64_t nanoseconds) {
  constexpr uint64_t kMicro = 1'000, kMilli = 1'000'000, kSecond = 1'000'000'000;
  if (nanoseconds == 0) return "0s";
  std::string sign = nanoseconds < 0 ? "-" : "";
  auto value = static_cast<uint64_t>(nanoseconds);
  if (nanoseconds < 0) value = 0 - value;
  if (value < kMicro) return sign + fmt::format("{}ns", value);
  if (value < kMilli) return sign + decimal(value, kMicro, "µs");
  if (value < kSecond) return sign + decimal(value, kMilli, "ms");
  uint64_t minutes = value / (60 * kSecond);
  std::string seconds = decimal(value % (60 * kSecond), kSecond, "s");
  if (minutes == 0) return sign + seconds;
  if (minutes < 60) return sign + fmt::format("{}m", minutes) + seconds;
  return sign + fmt::format("{}h{}m", minutes / 60, minutes % 60) + seconds;
}

std::string text_of(const Literal& literal) {
  switch (literal.type) {
    case Type::kInt:
      return fmt::format("{}", literal.integer);
    case Type::kFloat:
      return fmt::format("{}", literal.real);
    case Type::kDuration:
      return duration_text(literal.integer);
    case Type::kString:
      return literal.text;
    case Type::kBool:
      return literal.integer != 0 ? "true" : "false";
    case Type::kStatus:
      return std::string(otlp::name_of(static_cast<otlp::StatusCode>(literal.integer)));
    case Type::kKind:
      return std::string(otlp::name_of(static_cast<otlp::SpanKind>(literal.integer)));
    default:
      return "nil";
  }
}

}  // namespace clew::query::traceql
