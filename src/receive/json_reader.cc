#include "receive/json_reader.h"

#include <fmt/format.h>

#include <cmath>

#include "base/json.h"

namespace clew::receive {
namespace {

using simdjson::ondemand::json_type;

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

std::string_view name_of(json_type type) {
  switch (type) {
    case json_type::array:
      return "an array";
    case json_type::object:
      return "an object";
    case json_type::number:
      return "a number";
    case json_type::string:
      return "a string";
    case json_type::boolean:
      return "true or false";
    default:
      return "null";
  }
}

/// `text` with every byte that is not UTF-8 as U+FFFD.
std::string with_valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  while (!text.empty()) {
    size_t length = utf8_length(text);
    out += length == 0 ? kReplacement : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

void append_utf8(std::string& out, uint32_t code_point) {
  if (code_point < 0x80) {
    out += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    out += static_cast<char>(0xC0 | (code_point >> 6));
    out += static_cast<char>(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    out += static_cast<char>(0xE0 | (code_point >> 12));
    out += static_cast<char>(0x80 | ((code_point >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code_point & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code_point >> 18));
    out += static_cast<char>(0x80 | ((code_point >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code_point >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code_point & 0x3F));
  }
}

/// The code unit of a `\uXXXX` at the start of `text`.
std::optional<uint32_t> code_unit(std::string_view text) {
  if (text.size() < 6 || !text.starts_with("\\u")) return std::nullopt;
  uint32_t unit = 0;
  auto [end, error] = std::from_chars(text.data() + 2, text.data() + 6, unit, 16);
  if (error != std::errc() || end != text.data() + 6) return std::nullopt;
  return unit;
}

bool is_high(uint32_t unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}
bool is_low(uint32_t unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

/// Reads one escape at the start of `text` into `out`; its length, or 0 if it is none of JSON's.
size_t unescape_one(std::string_view text, std::string& out) {
  static constexpr std::string_view kLetters = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
  if (text.size() < 2) return 0;
  if (size_t at = kLetters.find(text[1]); at != kLetters.npos) {
    out += kMeanings[at];
    return 2;
  }
  auto unit = code_unit(text);
  if (!unit) return 0;
  auto second = is_high(*unit) ? code_unit(text.substr(6)) : std::nullopt;
  if (second && is_low(*second)) {
    append_utf8(out, 0x10000 + ((*unit - 0xD800) << 10) + (*second - 0xDC00));
    return 12;
  }
  if (is_high(*unit) || is_low(*unit)) {
    out += kReplacement;
  } else {
    append_utf8(out, *unit);
  }
  return 6;
}

/// Unescapes a JSON string from behind its opening quote, halves of surrogate pairs as U+FFFD.
/// simdjson 3.0 refuses those, but JavaScript writes them when it cuts a text inside a pair.
std::optional<std::string> unescape_leniently(const char* text, const char* document_end) {
  std::string out;
  std::string_view rest(text, document_end);
  while (!rest.empty() && rest[0] != '"') {
    if (rest[0] != '\\') {
      out += rest[0];
      rest.remove_prefix(1);
      continue;
    }
    size_t length = unescape_one(rest, out);
    if (length == 0) return std::nullopt;
    rest.remove_prefix(length);
  }
  return out;
}

/// A whole number out of decimal text; nullopt for anything else.
std::optional<double> real_of(std::string_view text) {
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  // from_chars would also take "inf" and "nan(…)".
  if (text.find_first_not_of("0123456789.eE+-") != text.npos) return std::nullopt;
  double number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

bool JsonReader::open() {
  padded_ = simdjson::padded_string(json_);
  auto error = parser_.iterate(padded_).get(document_);
  if (error == simdjson::UTF8_ERROR) {
    padded_ = simdjson::padded_string(with_valid_utf8(json_));
    error = parser_.iterate(padded_).get(document_);
  }
  if (error) return broken(error);
  // simdjson copies whole blocks, so it writes up to its padding past the end of a string.
  size_t room = padded_.size() + 2 * simdjson::SIMDJSON_PADDING;
  unescaped_ = std::make_unique_for_overwrite<uint8_t[]>(room);
  unescaped_end_ = unescaped_.get();
  return true;
}

bool JsonReader::at_end() {
  const char* rest = nullptr;
  if (document_.current_location().get(rest) == simdjson::OUT_OF_BOUNDS) return true;
  return malformed(fmt::format("byte {}: something follows the end of the document",
                               rest == nullptr ? 0 : rest - padded_.data()));
}

bool JsonReader::fail(Code code, std::string_view what) {
  std::string where = place();
  error_ = Error{code, where.empty() ? std::string(what) : fmt::format("{}: {}", where, what)};
  return false;
}

bool JsonReader::broken(simdjson::error_code error) {
  return malformed(fmt::format("not valid JSON: {}", simdjson::error_message(error)));
}

bool JsonReader::mismatch(Value& value, std::string_view wanted) {
  json_type type = type_of(value);
  if (error_) return false;
  return malformed(fmt::format("{}, {} is needed", name_of(type), wanted));
}

json_type JsonReader::type_of(Value& value) {
  json_type type = json_type::null;
  if (auto error = value.type().get(type)) broken(error);
  if (type == json_type::null && !error_) {
    bool is_null = false;
    if (auto error = value.is_null().get(is_null)) broken(error);
  }
  return type;
}

std::optional<std::string_view> JsonReader::unescape(simdjson::ondemand::raw_json_string raw) {
  std::string_view text;
  if (parser_.unescape(raw, unescaped_end_).get(text) == simdjson::SUCCESS) return text;
  auto repaired = unescape_leniently(raw.raw(), padded_.data() + padded_.size());
  if (!repaired) {
    malformed("not valid JSON: a string with a wrong escape");
    return std::nullopt;
  }
  return repaired_.emplace_back(*std::move(repaired));
}

std::optional<std::string_view> JsonReader::text(Value value) {
  if (type_of(value) != json_type::string) {
    mismatch(value, "a string");
    return std::nullopt;
  }
  simdjson::ondemand::raw_json_string raw;
  if (auto error = value.get_raw_json_string().get(raw)) {
    broken(error);
    return std::nullopt;
  }
  return unescape(raw);
}

/// The text of a number, true or false, once it is known to be valid.
std::optional<std::string_view> JsonReader::token(Value& value) {
  std::string_view token = value.raw_json_token();
  size_t end = token.find_last_not_of(" \t\r\n");
  token = token.substr(0, end == token.npos ? 0 : end + 1);
  simdjson::error_code error = simdjson::SUCCESS;
  if (type_of(value) == json_type::boolean) {
    error = value.get_bool().error();
  } else {
    error = value.get_double().error();
  }
  if (error) {
    broken(error);
    return std::nullopt;
  }
  return token;
}

std::optional<std::string_view> JsonReader::scalar_text(Value value) {
  switch (type_of(value)) {
    case json_type::string:
      return text(value);
    case json_type::number:
    case json_type::boolean:
      return token(value);
    default:
      mismatch(value, "a string");
      return std::nullopt;
  }
}

std::optional<JsonReader::Whole> JsonReader::whole(Value& value) {
  json_type type = type_of(value);
  if (type != json_type::string && type != json_type::number) {
    mismatch(value, "a whole number or a string of one");
    return std::nullopt;
  }
  auto digits = type == json_type::string ? text(value) : token(value);
  if (!digits) return std::nullopt;
  Whole number{digits->starts_with('-'), 0};
  const char* begin = digits->data() + (number.negative ? 1 : 0);
  const char* end = digits->data() + digits->size();
  auto [stop, error] = std::from_chars(begin, end, number.magnitude);
  if (error == std::errc() && stop == end) return number;
  // 1.0 and 1e3 are whole as well.
  auto real = real_of(*digits);
  if (!real || std::trunc(*real) != *real) {
    malformed("a whole number or a string of one is needed");
    return std::nullopt;
  }
  double magnitude = std::fabs(*real);
  number.magnitude = magnitude < 0x1p64 ? static_cast<uint64_t>(magnitude) : 0;
  if (magnitude < 0x1p64) return number;
  malformed("the number does not fit into 64 bits");
  return std::nullopt;
}

std::optional<double> JsonReader::real(Value value) {
  if (type_of(value) == json_type::string) {
    auto digits = text(value);
    if (!digits) return std::nullopt;
    auto number = real_of(*digits);
    if (!number) malformed("a number is needed");
    return number;
  }
  double number = 0;
  if (type_of(value) != json_type::number) {
    mismatch(value, "a number");
    return std::nullopt;
  }
  if (auto error = value.get_double().get(number)) {
    broken(error);
    return std::nullopt;
  }
  return number;
}

std::optional<bool> JsonReader::boolean(Value value) {
  bool result = false;
  if (type_of(value) != json_type::boolean) {
    mismatch(value, "true or false");
    return std::nullopt;
  }
  if (auto error = value.get_bool().get(result)) {
    broken(error);
    return std::nullopt;
  }
  return result;
}

std::string JsonReader::place() const {
  std::string place;
  for (const Step& step : place_) {
    if (step.name.data() == nullptr) {
      place += fmt::format("[{}]", step.index);
    } else {
      if (!place.empty()) place += '.';
      place += step.name;
    }
  }
  return place;
}

}  // namespace clew::receive
