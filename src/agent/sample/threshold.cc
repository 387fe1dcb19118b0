#include "agent/sample/threshold.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace clew::agent {
namespace {

constexpr int kDigits = 14;

bool read_hex(std::string_view digits, uint64_t& number) {
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  return error == std::errc() && end == digits.data() + digits.size();
}

int exponent_of(double number) {
  int exponent = 0;
  std::frexp(number, &exponent);
  return exponent;
}

}  // namespace

Randomness randomness_of(const TraceId& id) {
  Randomness randomness = 0;
  for (size_t i = 9; i < 16; ++i) randomness = randomness << 8 | id.bytes[i];
  return randomness;
}

Result<Threshold> threshold_of(double probability, int precision) {
  if (!(probability >= 0x1p-56 && probability <= 1))
    return fail(Code::kInvalid, "a probability of {} is not between 2^-56 and 1", probability);
  if (probability == 1) return kKeepAll;
  // Digits that are all 0 (a high rate) or all f (a low one) tell nothing: more are written then.
  // The quotients truncate, as in the reference.
  int digits = std::max(precision + exponent_of(probability) / -4,
                        precision + exponent_of(1 - probability) / -4);
  digits = std::min(kDigits, digits);
  auto scaled = static_cast<uint64_t>(std::round(probability * 0x1p56));
  Threshold threshold = kKeepNone - scaled;
  if (int shift = 4 * (kDigits - digits); shift != 0)
    threshold = (threshold + (uint64_t{1} << (shift - 1))) >> shift << shift;
  return threshold;
}

double probability_of(Threshold threshold) {
  return static_cast<double>(kKeepNone - threshold) * 0x1p-56;
}

double probability_of_percent(double percentage) {
  return static_cast<double>(static_cast<float>(std::min(percentage, 100.0))) / 100;
}

uint64_t keep_share(uint64_t threshold, double share, uint64_t top) {
  if (share >= 1 || threshold > top) return threshold;
  double given_up = static_cast<double>(top - threshold) * (1 - std::max(share, 0.0));
  // The double may have been rounded up past what there is.
  if (given_up >= static_cast<double>(top - threshold)) return top;
  return threshold + static_cast<uint64_t>(given_up);
}

std::string threshold_text(Threshold threshold) {
  std::string digits = fmt::format("{:014x}", threshold);
  digits.resize(std::max<size_t>(1, digits.find_last_not_of('0') + 1));
  return digits;
}

Result<Threshold> parse_threshold(std::string_view digits) {
  Threshold threshold = 0;
  if (digits.size() > kDigits)
    return fail(Code::kInvalid, "t-value exceeds 14 hex digits: \"{}\"", digits);
  if (!read_hex(digits, threshold))
    return fail(Code::kInvalid, "t-value must be hex digits: \"{}\"", digits);
  return threshold << 4 * (kDigits - digits.size());
}

std::string randomness_text(Randomness randomness) {
  return fmt::format("{:014x}", randomness);
}

Result<Randomness> parse_randomness(std::string_view digits) {
  Randomness randomness = 0;
  if (digits.size() != kDigits || !read_hex(digits, randomness))
    return fail(Code::kInvalid, "r-value must have 14 hex digits: \"{}\"", digits);
  return randomness;
}

}  // namespace clew::agent
