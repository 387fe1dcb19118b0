#include "base/time_text.h"

#include <charconv>
#include <chrono>
#include <optional>

#include "base/duration.h"

namespace clew {
namespace {

constexpr int64_t kSecondNanos = 1'000'000'000;

/// Takes the text apart from its beginning.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  /// Exactly `digits` of them, from `least` to `most`.
  int number(size_t digits, int least, int most) {
    int value = 0;
    auto piece = rest_.substr(0, digits);
    auto [end, error] = std::from_chars(piece.data(), piece.data() + piece.size(), value);
    valid_ = valid_ && piece.size() == digits && error == std::errc() && piece[0] != '-' &&
             end == piece.data() + digits && value >= least && value <= most;
    rest_.remove_prefix(piece.size());
    return value;
  }
  void expect(std::string_view any_of) { valid_ = valid_ && take(any_of).has_value(); }
  std::optional<char> take(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_[0]) == std::string_view::npos) return std::nullopt;
    char c = rest_[0];
    rest_.remove_prefix(1);
    return c;
  }
  /// Digits behind a point as nanoseconds; more than nine are cut off.
  int64_t fraction() {
    if (!take(".")) return 0;
    int64_t nanos = 0, unit = kSecondNanos / 10;
    bool any = false;
    for (; auto digit = take("0123456789"); unit /= 10, any = true) nanos += (*digit - '0') * unit;
    valid_ = valid_ && any;
    return nanos;
  }
  bool valid() const { return valid_; }
  bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool valid_ = true;
};

std::optional<int64_t> rfc3339(std::string_view text) {
  using namespace std::chrono;
  Scanner in(text);
  int year_number = in.number(4, 1970, 2200);
  in.expect("-");
  auto month_number = static_cast<unsigned>(in.number(2, 1, 12));
  in.expect("-");
  auto day_number = static_cast<unsigned>(in.number(2, 1, 31));
  in.expect("Tt ");
  int hour = in.number(2, 0, 23);
  in.expect(":");
  int minute = in.number(2, 0, 59);
  in.expect(":");
  int second = in.number(2, 0, 60);
  int64_t nanos = in.fraction();
  int offset = 0;
  if (!in.take("Zz")) {
    int sign = in.take("-") ? -1 : 1;
    if (sign > 0) in.expect("+");
    int hours = in.number(2, 0, 23);
    in.expect(":");
    offset = sign * (60 * hours + in.number(2, 0, 59));
  }
  year_month_day date{year(year_number), month(month_number), day(day_number)};
  if (!in.valid() || !in.done() || !date.ok()) return std::nullopt;
  int64_t days = sys_days(date).time_since_epoch().count();
  int64_t minutes = (days * 24 + hour) * 60 + minute - offset;
  return (minutes * 60 + second) * kSecondNanos + nanos;
}

}  // namespace

Result<UnixNanos> parse_time(std::string_view text, UnixNanos now) {
  if (auto at = rfc3339(text); at && *at >= 0) return static_cast<UnixNanos>(*at);
  if (auto before = parse_duration(text)) return now > *before ? now - *before : 0;
  return fail(Code::kInvalid,
              "\"{}\" is no time: write 2026-07-01T12:00:00Z, or 2h for two hours ago", text);
}

Result<UnixNanos> parse_rfc3339(std::string_view text) {
  if (auto at = rfc3339(text); at && *at >= 0) return static_cast<UnixNanos>(*at);
  return fail(Code::kInvalid, "\"{}\" is no time of the form 2026-07-01T12:00:00Z", text);
}

std::string second_text(UnixNanos time) {
  uint64_t seconds = time / kSecondNanos, of_day = seconds % 86'400;
  return fmt::format("{} {:02}:{:02}:{:02}", day_text(seconds / 86'400), of_day / 3600,
                     of_day / 60 % 60, of_day % 60);
}

std::string day_text(uint64_t day) {
  std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::days(static_cast<int64_t>(day)))};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

}  // namespace clew
