#include "query/traceql/lexer_text.h"

#include <absl/strings/numbers.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

namespace clew::query::traceql {
namespace {

void append_utf8(std::string& out, uint32_t code) {
  auto byte = [&](uint32_t value) { out += static_cast<char>(value); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xC0 | (code >> 6));
  } else if (code < 0x10000) {
    byte(0xE0 | (code >> 12));
    byte(0x80 | ((code >> 6) & 0x3F));
  } else {
    byte(0xF0 | (code >> 18));
    byte(0x80 | ((code >> 12) & 0x3F));
    byte(0x80 | ((code >> 6) & 0x3F));
  }
  byte(0x80 | (code & 0x3F));
}

/// Appends what the escape behind a backslash means and moves `at` past it; false if it is none.
bool read_escape(std::string_view text, size_t& at, std::string& out) {
  constexpr std::string_view kLetters = "abfnrtv\\\"";
  constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\\"";
  if (at == text.size()) return false;
  char kind = text[at];
  if (size_t letter = kLetters.find(kind); letter != std::string_view::npos) {
    out += kMeanings[letter];
    ++at;
    return true;
  }
  bool octal = kind >= '0' && kind <= '7';
  size_t digits = octal ? 3 : kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
  if (!octal) ++at;
  uint32_t code = 0;
  if (digits == 0 || at + digits > text.size()) return false;
  const char* begin = text.data() + at;
  auto read = std::from_chars(begin, begin + digits, code, octal ? 8 : 16);
  if (read.ptr != begin + digits) return false;
  at += digits;
  if (octal || kind == 'x') {
    if (code > 0xFF) return false;
    out += static_cast<char>(code);
    return true;
  }
  if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return false;
  append_utf8(out, code);
  return true;
}

struct Unit {
  std::string_view name;
  int64_t nanoseconds;
};
// Of two that begin alike the longer comes first.
constexpr std::array<Unit, 8> kGoUnits = {{{"ns", 1},
                                           {"us", 1'000},
                                           {"µs", 1'000},
                                           {"μs", 1'000},
                                           {"ms", 1'000'000},
                                           {"s", 1'000'000'000},
                                           {"m", 60'000'000'000},
                                           {"h", 3'600'000'000'000}}};
// In the order they stand in.
constexpr std::array<Unit, 7> kPrometheusUnits = {{{"y", 31'536'000'000'000'000},
                                                   {"w", 604'800'000'000'000},
                                                   {"d", 86'400'000'000'000},
                                                   {"h", 3'600'000'000'000},
                                                   {"m", 60'000'000'000},
                                                   {"s", 1'000'000'000},
                                                   {"ms", 1'000'000}}};

bool add(int64_t& sum, double nanoseconds) {
  double total = static_cast<double>(sum) + nanoseconds;
  if (!(std::abs(total) < 9.2e18)) return false;
  sum += static_cast<int64_t>(std::llround(nanoseconds));
  return true;
}

size_t digits_at(std::string_view text, bool with_point) {
  size_t length = 0;
  while (length < text.size() && (is_digit(text[length]) || (with_point && text[length] == '.')))
    ++length;
  return length;
}

bool read_integer(std::string_view text, int64_t& value) {
  auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

/// `1h30m`, `1.5s`: numbers with units in any order.
std::optional<int64_t> go_duration(std::string_view text) {
  int64_t sum = 0;
  while (!text.empty()) {
    size_t length = digits_at(text, true);
    double number = 0;
    if (!absl::SimpleAtod({text.data(), length}, &number)) return std::nullopt;
    text.remove_prefix(length);
    const auto* unit = std::ranges::find_if(
        kGoUnits, [&](const Unit& known) { return text.starts_with(known.name); });
    if (unit == kGoUnits.end()) return std::nullopt;
    text.remove_prefix(unit->name.size());
    if (!add(sum, number * static_cast<double>(unit->nanoseconds))) return std::nullopt;
  }
  return sum;
}

/// `1d12h`: whole numbers, from large units to small ones.
std::optional<int64_t> prometheus_duration(std::string_view text) {
  int64_t sum = 0;
  size_t next = 0;
  while (!text.empty()) {
    size_t length = digits_at(text, false);
    int64_t number = 0;
    if (!read_integer(text.substr(0, length), number)) return std::nullopt;
    text.remove_prefix(length);
    size_t letters = 0;
    while (letters < text.size() && !is_digit(text[letters])) ++letters;
    while (next < kPrometheusUnits.size() && kPrometheusUnits[next].name != text.substr(0, letters))
      ++next;
    if (next == kPrometheusUnits.size()) return std::nullopt;
    if (!add(sum, static_cast<double>(number) *
                      static_cast<double>(kPrometheusUnits[next++].nanoseconds)))
      return std::nullopt;
    text.remove_prefix(letters);
  }
  return sum;
}

/// The bytes behind a number that may make it a duration.
size_t duration_length(std::string_view rest, size_t number) {
  size_t length = number;
  while (length < rest.size()) {
    std::string_view left = rest.substr(length);
    if (std::string_view("nsumhdwy.0123456789").contains(left[0]))
      ++length;
    else if (left.starts_with("µ") || left.starts_with("μ"))
      length += 2;
    else
      break;
  }
  return length;
}

/// The bytes of an integer or float; `is_float` says which.
size_t number_length(std::string_view rest, bool& is_float) {
  size_t length = digits_at(rest, false);
  is_float = length < rest.size() && rest[length] == '.';
  if (is_float) length += 1 + digits_at(rest.substr(length + 1), false);
  size_t exponent = length;
  if (exponent < rest.size() && (rest[exponent] == 'e' || rest[exponent] == 'E')) {
    ++exponent;
    if (exponent < rest.size() && (rest[exponent] == '+' || rest[exponent] == '-')) ++exponent;
    size_t digits = digits_at(rest.substr(exponent), false);
    if (digits > 0) {
      is_float = true;
      return exponent + digits;
    }
  }
  return length;
}

}  // namespace

bool is_name(std::string_view text, size_t at) {
  constexpr std::string_view kEnds = "{}()=~!<>&|^,";
  if (is_space(text[at]) || kEnds.contains(text[at])) return false;
  // Unicode's other spaces that are likely: no-break, and line separators.
  std::string_view rest = text.substr(at);
  return !rest.starts_with("\xC2\xA0") && !rest.starts_with("\xC2\x85") &&
         !rest.starts_with("\xE2\x80\xA8") && !rest.starts_with("\xE2\x80\xA9");
}

size_t count_characters(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

Result<std::string> unquote(std::string_view rest, size_t& length) {
  char quote = rest[0];
  std::string out;
  for (size_t at = 1; at < rest.size();) {
    char c = rest[at++];
    if (c == quote) {
      length = at;
      return out;
    }
    if (quote == '"' && c == '\n') break;
    if (quote != '"' || c != '\\')
      out += c;
    else if (!read_escape(rest, at, out))
      return fail(Code::kInvalid, "the text has an unknown escape behind \\");
  }
  return fail(Code::kInvalid, "the text has no end: {} is missing", quote);
}

Result<std::string> unquote_name(std::string_view rest, size_t& length) {
  std::string out;
  for (size_t at = 1; at < rest.size();) {
    char c = rest[at++];
    if (c == '"') {
      length = at;
      return out;
    }
    if (c == '\\') {
      if (at == rest.size() || (rest[at] != '"' && rest[at] != '\\'))
        return fail(Code::kInvalid, "in a name only \\\" and \\\\ are escapes");
      c = rest[at++];
    }
    out += c;
  }
  return fail(Code::kInvalid, "the name has no end: \" is missing");
}

Result<Literal> number_at(std::string_view rest, size_t& length) {
  bool is_float = false;
  length = number_length(rest, is_float);
  if (size_t with_unit = duration_length(rest, length); with_unit > length) {
    std::string_view text = rest.substr(0, with_unit);
    auto duration = prometheus_duration(text);
    if (!duration) duration = go_duration(text);
    if (duration) {
      length = with_unit;
      return Literal{.type = Type::kDuration, .integer = *duration};
    }
  }
  std::string_view text = rest.substr(0, length);
  if (is_float) {
    Literal literal{.type = Type::kFloat};
    if (!absl::SimpleAtod({text.data(), text.size()}, &literal.real))
      return fail(Code::kInvalid, "{} is no number", text);
    return literal;
  }
  Literal literal{.type = Type::kInt};
  if (!read_integer(text, literal.integer))
    return fail(Code::kInvalid, "{} does not fit into 64 bits", text);
  return literal;
}

}  // namespace clew::query::traceql
