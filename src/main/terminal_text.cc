#include "main/terminal_text.h"

#include <fmt/format.h>
#include <locale.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include <cstdlib>

#include "base/json.h"

namespace clew {
namespace {

struct Character {
  size_t bytes;   // 1 for a byte that is not UTF-8
  char32_t code;  // U+FFFD for it
};

Character first_character(std::string_view text) {
  size_t length = utf8_length(text);
  if (length == 0) return {1, 0xFFFD};
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  if (length == 1) return {1, byte(0)};
  char32_t code = byte(0) & (0xFF >> (length + 1));
  for (size_t i = 1; i < length; ++i) code = code << 6 | (byte(i) & 0x3F);
  return {length, code};
}

/// C0, DEL, C1, and what turns the direction of writing around.
bool is_control(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x202A && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069) || code == 0x2028 || code == 0x2029;
}

/// wcwidth() knows the characters of the thread's locale only.
class Utf8Locale {
 public:
  Utf8Locale() : locale_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (locale_ != nullptr) before_ = uselocale(locale_);
  }
  ~Utf8Locale() {
    if (locale_ == nullptr) return;
    uselocale(before_);
    freelocale(locale_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t locale_, before_ = nullptr;
};

size_t columns_of(char32_t code) {
  if (code < 0x300) return 1;
  thread_local const Utf8Locale locale;
  int width = wcwidth(static_cast<wchar_t>(code));
  return width < 0 ? 1 : static_cast<size_t>(width);
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    Character c = first_character(text);
    if (is_control(c.code))
      out += "·";
    else if (c.code == 0xFFFD)
      out += "\uFFFD";
    else
      out += text.substr(0, c.bytes);
    text.remove_prefix(c.bytes);
  }
  return out;
}

size_t columns_of(std::string_view text) {
  size_t columns = 0;
  while (!text.empty()) {
    Character c = first_character(text);
    columns += columns_of(c.code);
    text.remove_prefix(c.bytes);
  }
  return columns;
}

std::string fitted(std::string_view text, size_t columns) {
  std::string out;
  size_t taken = 0, before_last = 0;  // what is before_last leaves room for "…"
  size_t taken_before_last = 0;
  while (!text.empty()) {
    Character c = first_character(text);
    size_t wide = columns_of(c.code);
    if (taken + wide > columns) {
      out.resize(before_last);
      out += columns > 0 ? "…" : "";
      taken = taken_before_last + (columns > 0 ? 1 : 0);
      break;
    }
    out += text.substr(0, c.bytes);
    taken += wide;
    if (taken + 1 <= columns) before_last = out.size(), taken_before_last = taken;
    text.remove_prefix(c.bytes);
  }
  return out.append(columns - taken, ' ');
}

std::string span_duration_text(uint64_t nanos) {
  double value = static_cast<double>(nanos);
  if (nanos < 1000) return fmt::format("{} ns", nanos);
  // Up to what would be rounded to a thousand of the unit.
  for (const char* unit : {"µs", "ms", "s"}) {
    value /= 1000;
    double most = unit == std::string_view("s") ? 59.95 : 999.5;
    if (value >= most) continue;
    if (value < 9.995) return fmt::format("{:.2f} {}", value, unit);
    return value < 99.95 ? fmt::format("{:.1f} {}", value, unit)
                         : fmt::format("{:.0f} {}", value, unit);
  }
  auto seconds = static_cast<uint64_t>(value + 0.5);
  if (seconds < 3600) return fmt::format("{}m {}s", seconds / 60, seconds % 60);
  return fmt::format("{}h {}m", seconds / 3600, seconds / 60 % 60);
}

std::string grouped(uint64_t number) {
  std::string digits = std::to_string(number), text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += "\u202F";
    text += digits[i];
  }
  return text;
}

size_t terminal_columns(size_t otherwise) {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return otherwise;
  return size.ws_col;
}

bool terminal_takes_colour() {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0') &&
         (terminal == nullptr || std::string_view(terminal) != "dumb");
}

}  // namespace clew
