#include "agent/sample/sampling_priority.h"

#include <cstdlib>
#include <string>

namespace clew::agent {
namespace {

SamplingPriority priority_of(double number) {
  if (number == 0) return SamplingPriority::kDrop;
  return number > 0 ? SamplingPriority::kKeep : SamplingPriority::kNone;
}

/// Longer than any number that somebody would write.
constexpr size_t kLongestNumber = 64;

SamplingPriority priority_of(std::string_view text) {
  // strtod() reads what Go's ParseFloat reads (hexadecimal, "inf") but skips blanks before it, too.
  if (text.empty() || text.size() > kLongestNumber || text.front() <= ' ')
    return SamplingPriority::kNone;
  std::string digits(text);
  char* end = nullptr;
  double number = std::strtod(digits.c_str(), &end);
  return end == digits.c_str() + digits.size() ? priority_of(number) : SamplingPriority::kNone;
}

}  // namespace

SamplingPriority sampling_priority_of(const otlp::Value& value) {
  switch (value.type()) {
    case otlp::ValueType::kInt:
      return priority_of(static_cast<double>(value.as_int()));
    case otlp::ValueType::kDouble:
      return priority_of(value.as_double());
    case otlp::ValueType::kString:
      return priority_of(value.as_bytes());
    default:
      return SamplingPriority::kNone;
  }
}

}  // namespace clew::agent
