#include "api/params.h"

#include <charconv>
#include <cmath>

namespace clew::api {
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

std::unexpected<Error> bad_param(std::string_view name, std::string_view why) {
  return fail(Code::kInvalid, "unable to parse param '{}': {}", name, why);
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
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number,
                                        std::chars_format::fixed);
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

Result<std::optional<uint64_t>> duration_param(const net::HttpRequest& request,
                                               std::string_view name) {
  std::string_view text = text_param(request, name);
  if (text.empty()) return std::nullopt;
  auto duration = parse_duration(text);
  if (!duration) return bad_param(name, duration.error().message);
  return *duration;
}

Result<std::optional<uint64_t>> number_param(const net::HttpRequest& request,
                                             std::string_view name) {
  std::string_view text = text_param(request, name);
  if (text.empty()) return std::nullopt;
  uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    return bad_param(name, fmt::format("\"{}\" is not a whole number", text));
  return number;
}

std::string_view text_param(const net::HttpRequest& request, std::string_view name) {
  return request.query_param(name).value_or(std::string_view());
}

Result<Tenant> tenant_of(const net::HttpRequest& request) {
  return Tenant::parse(request.header("X-Scope-OrgID"));
}

}  // namespace clew::api
