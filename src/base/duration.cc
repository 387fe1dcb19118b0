#include "base/duration.h"

#include <charconv>
#include <cmath>
#include <optional>

namespace clew {
namespace {

constexpr double kLongest = 9.2e18;  // Go's durations end at 2^63 - 1 ns

std::optional<double> take_unit(std::string_view& text) {
  struct Unit {
    std::string_view name;
    double nanos;
  };
  // Longer names first where one begins another.
  static constexpr Unit kUnits[] = {{"ns", 1},   {"us", 1e3}, {"µs", 1e3}, {"μs", 1e3},
                                    {"ms", 1e6}, {"s", 1e9},  {"m", 6e10}, {"h", 3.6e12}};
  for (const Unit& unit : kUnits) {
    if (!text.starts_with(unit.name)) continue;
    text.remove_prefix(unit.name.size());
    return unit.nanos;
  }
  return std::nullopt;
}

}  // namespace

Result<uint64_t> parse_duration(std::string_view text) {
  auto bad = [whole = text] {
    return fail(Code::kInvalid, "invalid duration \"{}\", write it like 100ms, 1.5s or 2m30s",
                whole);
  };
  if (text == "0") return 0;
  if (text.empty()) return bad();
  double nanos = 0;
  while (!text.empty()) {
    double number = 0;
    auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc() || number < 0 || std::signbit(number) || !std::isfinite(number))
      return bad();
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    auto unit = take_unit(text);
    if (!unit) return bad();
    nanos += number * *unit;
  }
  if (nanos > kLongest) return bad();
  return static_cast<uint64_t>(std::llround(nanos));
}

std::string duration_text(std::chrono::milliseconds duration) {
  int64_t millis = duration.count();
  if (millis == 0) return "0";
  std::string text;
  auto take = [&](int64_t unit, std::string_view name) {
    if (millis >= unit) text += fmt::format("{}{}", millis / unit, name);
    millis %= unit;
  };
  take(3'600'000, "h");
  take(60'000, "m");
  take(1000, "s");
  take(1, "ms");
  return text;
}

}  // namespace clew
