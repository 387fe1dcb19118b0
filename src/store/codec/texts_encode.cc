// Texts of a column in one row group:
//
//   | what                                                    | how                              |
//   |---------------------------------------------------------|----------------------------------|
//   | of each text 1 + its template's number; 0: kept whole   | encode_numbers()                 |
//   | the first numbers of all texts that have one, then the  | encode_numbers() each            |
//   | second ones, up to the 16th                             |                                  |
//   | raw bytes of UUIDs and hex, text by text                | encode_bytes()                   |
//   | lengths of the texts that are kept whole                | encode_numbers()                 |
//   | those texts                                             | encode_bytes()                   |
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "store/codec/bytes.h"
#include "store/codec/eight_chars.h"
#include "store/codec/numbers.h"
#include "store/codec/texts.h"
#include "store/codec/texts_shape.h"

namespace clew::store::codec {
namespace {

/// A longer text is looked at no further: its template would hardly be short enough.
constexpr size_t kMaxCutBytes = 4096;
constexpr size_t kMaxDigits = 19;
constexpr size_t kMinHexChars = 8;
/// A template's raw bytes, half as many, have their length in one byte.
constexpr size_t kMaxHexChars = 510;

// Classes of bytes, as bits.
constexpr uint8_t kDigit = 1;
constexpr uint8_t kHexLetter = 2;    // a to f
constexpr uint8_t kOtherLetter = 4;  // all others

constexpr std::array<uint8_t, 256> kClasses = [] {
  std::array<uint8_t, 256> classes{};
  for (int c = '0'; c <= '9'; ++c) classes[size_t(c)] = kDigit;
  for (int c = 'a'; c <= 'z'; ++c) classes[size_t(c)] = c <= 'f' ? kHexLetter : kOtherLetter;
  for (int c = 'A'; c <= 'Z'; ++c) classes[size_t(c)] = kOtherLetter;
  return classes;
}();

uint8_t class_of(char c) {
  return kClasses[static_cast<uint8_t>(c)];
}

bool is_alnum(char c) {
  return class_of(c) != 0;
}

/// What is loaded at once may reach past the text's end, where zeros stand.
constexpr size_t kPadding = 8;

/// Where the first digit from `at` on is; `size` if there is none.
size_t next_digit(const char* text, size_t at, size_t size) {
  for (; at < size; at += 8) {
    uint64_t digits = no_digits(load8(text + at)) ^ every_char(0x80);
    if (digits != 0) return at + static_cast<size_t>(std::countr_zero(digits)) / 8;
  }
  return size;
}

/// How many digits stand there; 8 may be more.
size_t digits_in(EightChars chars) {
  return static_cast<size_t>(std::countr_zero(no_digits(chars))) / 8;
}

/// The 32 hex digits of a UUID.
using UuidChars = std::array<EightChars, 4>;

UuidChars load_uuid(const char* text) {
  auto two_fours = [](const char* first, const char* second) {
    return (load8(first) & 0xffffffff) | load8(second) << 32;
  };
  return {load8(text), two_fours(text + 9, text + 14), two_fours(text + 19, text + 24),
          load8(text + 28)};
}

/// Whether the text begins with a UUID.
bool is_uuid(std::string_view text) {
  if (text.size() < shape::kUuidChars) return false;
  for (size_t dash : shape::kDashes)
    if (text[dash] != '-') return false;
  return std::ranges::all_of(load_uuid(text.data()), are_hex);
}

void put_hex_bytes(std::string& out, std::span<const EightChars> chars, size_t bytes) {
  size_t at = out.size();
  out.resize(at + 4 * chars.size());
  for (EightChars eight : chars) {
    uint32_t four = hex_value(eight);
    std::memcpy(out.data() + at, &four, 4);
    at += 4;
  }
  out.resize(out.size() - 4 * chars.size() + bytes);
}

/// What a chunk's sections are made of. Kept per thread, so that a chunk costs no allocations.
struct Sections {
  std::vector<uint64_t> codes;
  std::array<std::vector<uint64_t>, shape::kMaxSlots> numbers;
  std::string raw;
  std::vector<uint64_t> whole_lengths;
  std::string whole;

  void clear() {
    codes.clear();
    for (auto& column : numbers) column.clear();
    raw.clear();
    whole_lengths.clear();
    whole.clear();
  }
};

/// Cuts one text after the other into a template and what stands in its slots.
class Cutter {
 public:
  /// Appends raw bytes to `raw`. False if the text is to be kept whole.
  bool cut(std::string_view original, std::string& raw) {
    size_ = numbers_ = slots_ = 0;
    if (original.size() > kMaxCutBytes) return false;
    if (!original.empty()) std::memcpy(text_.data(), original.data(), original.size());
    std::memset(text_.data() + original.size(), 0, kPadding);
    std::string_view text(text_.data(), original.size());
    if (has_meaning(text)) return false;
    size_t done = 0;
    // Only around digits is anything but literals.
    for (size_t digit = next_digit(text.data(), 0, text.size()); digit < text.size();
         digit = next_digit(text.data(), done, text.size())) {
      done = is_short_number(done, digit) ? put_short_number(text, done, digit)
                                          : put_around(text, done, digit, raw);
      if (done == text.npos) return false;
    }
    return put_literal(text.substr(done));
  }

  std::string_view shape() const { return {shape_.data(), size_}; }
  std::span<const uint64_t> numbers() const { return {values_.data(), numbers_}; }

 private:
  static bool has_meaning(std::string_view text) {
    size_t i = 0;
    for (; i + 8 <= text.size(); i += 8)
      if (any_below(load8(text.data() + i), shape::kHex + 1)) return true;
    if (i == text.size()) return false;
    EightChars harmless = every_char(' ') << (8 * (text.size() - i));
    return any_below(load8(text.data() + i) | harmless, shape::kHex + 1);
  }

  /// Whether at `digit` a number of at most 7 digits begins that cannot be a piece of something
  /// else. That is most of them, and quick to see.
  bool is_short_number(size_t done, size_t digit) const {
    size_t digits = digits_in(load8(&text_[digit]));
    if (digits == 8 || is_alnum(text_[digit + digits])) return false;
    if (text_[digit] == '0' && digits > 1) return false;
    if (digit == done) return true;
    char before = text_[digit - 1];
    // A UUID's first digit may be in a later group.
    return class_of(before) != kHexLetter && (before != '-' || digit - done <= kMinHexChars);
  }

  size_t put_short_number(std::string_view text, size_t done, size_t digit) {
    EightChars chars = load8(&text_[digit]);
    size_t digits = digits_in(chars);
    bool fits =
        put_literal(text.substr(done, digit - done)) && put_number(decimal_value(chars, digits));
    return fits ? digit + digits : text.npos;
  }

  /// Puts what stands before the run of letters and digits around `digit`, and the run or the UUID
  /// it is a part of. Returns where that ends; npos if there is no room.
  size_t put_around(std::string_view text, size_t done, size_t digit, std::string& raw) {
    size_t begin = digit;
    while (begin > done && is_alnum(text[begin - 1])) --begin;
    size_t uuid = uuid_around(text, begin, done);
    if (uuid == text.npos)
      return put_literal(text.substr(done, begin - done)) ? put_run(text, begin, raw) : text.npos;
    if (!put_literal(text.substr(done, uuid - done))) return text.npos;
    put_hex_bytes(raw, load_uuid(&text[uuid]), shape::kUuidBytes);
    return put_slot({&shape::kUuid, 1}) ? uuid + shape::kUuidChars : text.npos;
  }

  /// Where a UUID begins of which the run at `begin` is the first group with a digit; npos if there
  /// is none from `done` on.
  static size_t uuid_around(std::string_view text, size_t begin, size_t done) {
    if (is_uuid(text.substr(begin))) return begin;
    if (begin == done || text[begin - 1] != '-') return text.npos;
    for (size_t dash : shape::kDashes) {
      size_t at = begin - dash - 1;
      if (dash < begin - done && is_uuid(text.substr(at)) &&
          (at == done || !is_alnum(text[at - 1])))
        return at;
    }
    return text.npos;
  }

  bool put_literal(std::string_view literal) {
    if (literal.size() > shape::kMaxBytes - size_) return false;
    std::memcpy(shape_.data() + size_, literal.data(), literal.size());
    size_ += literal.size();
    return true;
  }

  bool put_slot(std::string_view placeholder) {
    return ++slots_ <= shape::kMaxSlots && put_literal(placeholder);
  }

  /// The run of letters and digits that begins there. Returns its end; npos if there is no room.
  size_t put_run(std::string_view text, size_t begin, std::string& raw) {
    uint8_t classes = 0;
    size_t end = begin;
    for (; end < text.size() && is_alnum(text[end]); ++end) classes |= class_of(text[end]);
    std::string_view run = text.substr(begin, end - begin);
    bool hex = (classes & kOtherLetter) == 0 && run.size() >= kMinHexChars &&
               run.size() <= kMaxHexChars && run.size() % 2 == 0;
    bool good = classes == kDigit && is_number(run) ? put_digits(run)
                : hex                               ? put_hex(run, raw)
                                                    : put_mixed(run);
    return good ? end : text.npos;
  }

  bool put_hex(std::string_view run, std::string& raw) {
    std::array<EightChars, (kMaxHexChars + 7) / 8> chars;
    size_t words = 0;
    for (size_t i = 0; i < run.size(); i += 8) chars[words++] = load8(run.data() + i);
    put_hex_bytes(raw, std::span(chars).first(words), run.size() / 2);
    char placeholder[2] = {shape::kHex, static_cast<char>(run.size() / 2)};
    return put_slot({placeholder, 2});
  }

  /// Letters as they are, digits between them as numbers.
  bool put_mixed(std::string_view run) {
    size_t i = 0;
    while (i < run.size()) {
      size_t begin = i;
      bool digits = class_of(run[i]) == kDigit;
      while (i < run.size() && (class_of(run[i]) == kDigit) == digits) ++i;
      std::string_view part = run.substr(begin, i - begin);
      if (!(digits && is_number(part) ? put_digits(part) : put_literal(part))) return false;
    }
    return true;
  }

  static bool is_number(std::string_view digits) {
    return digits.size() <= kMaxDigits && (digits[0] != '0' || digits.size() == 1);
  }

  bool put_digits(std::string_view digits) {
    uint64_t number = 0;
    for (char c : digits) number = number * 10 + static_cast<uint64_t>(c - '0');
    return put_number(number);
  }

  bool put_number(uint64_t number) {
    if (!put_slot({&shape::kNumber, 1})) return false;
    values_[numbers_++] = number;
    return true;
  }

  std::array<char, kMaxCutBytes + kPadding> text_;
  std::array<char, shape::kMaxBytes> shape_;
  size_t size_ = 0;
  std::array<uint64_t, shape::kMaxSlots> values_;
  size_t numbers_ = 0;
  size_t slots_ = 0;
};

}  // namespace

/// Encodes one chunk.
class TextsEncoder {
 public:
  TextsEncoder(Templates& templates, Sections& sections)
      : templates_(templates), sections_(sections) {}

  void add(std::string_view text) {
    size_t raw_before = sections_.raw.size();
    uint64_t code = cutter_.cut(text, sections_.raw) ? code_of(cutter_.shape()) : 0;
    sections_.codes.push_back(code);
    if (code == 0) {
      sections_.raw.resize(raw_before);
      sections_.whole_lengths.push_back(text.size());
      sections_.whole += text;
      return;
    }
    size_t column = 0;
    for (uint64_t number : cutter_.numbers()) sections_.numbers[column++].push_back(number);
  }

 private:
  /// 1 + the template's number; 0 if it has none and gets none.
  uint64_t code_of(std::string_view shape) {
    // Mostly the template is the one of the text before.
    if (last_ != 0 && templates_.shapes_[last_ - 1].text == shape) return last_;
    auto known = templates_.codes_.find(shape);
    if (known != templates_.codes_.end()) return last_ = 1 + uint64_t{known->second};
    // Texts without slots are templates that stand for themselves: good for the few that repeat,
    // but they shall not take all the room.
    bool only_literal = std::ranges::none_of(shape, [](char c) { return is_slot(c); });
    if (only_literal && templates_.size() >= Templates::kMax / 2) return 0;
    return templates_.add(shape) ? last_ = templates_.size() : 0;
  }

  static bool is_slot(char c) { return c >= shape::kNumber && c <= shape::kHex; }

  Templates& templates_;
  Sections& sections_;
  Cutter cutter_;
  uint64_t last_ = 0;
};

void encode_texts(std::span<const std::string_view> texts, Templates& templates, std::string& out) {
  thread_local Sections sections;
  sections.clear();
  TextsEncoder encoder(templates, sections);
  for (std::string_view text : texts) encoder.add(text);
  encode_numbers(sections.codes, out);
  for (const std::vector<uint64_t>& column : sections.numbers) encode_numbers(column, out);
  encode_bytes(sections.raw, out);
  encode_numbers(sections.whole_lengths, out);
  encode_bytes(sections.whole, out);
}

}  // namespace clew::store::codec
