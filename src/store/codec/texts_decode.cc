// Drawn in texts_encode.cc.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "store/codec/bytes.h"
#include "store/codec/numbers.h"
#include "store/codec/texts.h"
#include "store/codec/texts_shape.h"

namespace clew::store::codec {
namespace {

/// Digits of all bytes in hex.
constexpr std::array<std::array<char, 2>, 256> kHexOf = [] {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> all{};
  for (size_t byte = 0; byte < 256; ++byte) all[byte] = {kDigits[byte >> 4], kDigits[byte & 15]};
  return all;
}();

char* put_hex(char* out, const char* bytes, size_t size) {
  for (size_t i = 0; i < size; ++i, out += 2)
    std::memcpy(out, kHexOf[static_cast<uint8_t>(bytes[i])].data(), 2);
  return out;
}

char* put_uuid(char* out, const char* bytes) {
  size_t at = 0;
  for (size_t size : {4, 2, 2, 2, 6}) {
    if (at != 0) *out++ = '-';
    out = put_hex(out, bytes + at, size);
    at += size;
  }
  return out;
}

/// Two decimal digits of all numbers below 100.
constexpr std::array<std::array<char, 2>, 100> kDecimalOf = [] {
  std::array<std::array<char, 2>, 100> all{};
  for (size_t n = 0; n < 100; ++n)
    all[n] = {static_cast<char>('0' + n / 10), static_cast<char>('0' + n % 10)};
  return all;
}();

char* put_two_digits(char* out, uint64_t number) {
  std::memcpy(out, kDecimalOf[number].data(), 2);
  return out + 2;
}

char* put_number(char* out, uint64_t number) {
  if (number >= 100'000'000) return std::to_chars(out, out + 20, number).ptr;
  if (number >= 10'000) {
    out = put_number(out, number / 10'000);
    number %= 10'000;
    return put_two_digits(put_two_digits(out, number / 100), number % 100);
  }
  if (number >= 100) {
    out = number >= 1000 ? put_two_digits(out, number / 100)
                         : (*out = static_cast<char>('0' + number / 100), out + 1);
    return put_two_digits(out, number % 100);
  }
  if (number >= 10) return put_two_digits(out, number);
  *out = static_cast<char>('0' + number);
  return out + 1;
}

}  // namespace

/// Reads one chunk. Kept per thread, so that a chunk costs no allocations.
class TextsDecoder {
 public:
  bool decode(Decoder& in, size_t count, size_t max_bytes, const Templates& templates, Texts& out,
              TextRange wanted) {
    max_bytes = std::min<size_t>(max_bytes, UINT32_MAX);
    out.ends.clear();
    codes_.resize(count);
    wanted.end = std::min(wanted.end, count);
    wanted.begin = std::min(wanted.begin, wanted.end);
    if (!decode_numbers(in, codes_) || !measure(templates, max_bytes, wanted) ||
        !read(in, max_bytes)) {
      in.fail();
      return false;
    }
    for (size_t i = 0; i < wanted.begin; ++i) skip_text(codes_[i], templates);
    out.ends.reserve(wanted.end - wanted.begin);
    bool fits = true;
    // A text may end past max_bytes by what its template can make before that is seen; and a short
    // literal is written with some bytes behind it.
    out.bytes.resize_and_overwrite(
        std::min(bound_, max_bytes + largest_) + shape::kSlack, [&](char* begin, size_t) {
          size_t size = 0;
          for (size_t i = wanted.begin; i < wanted.end && fits; ++i) {
            size = static_cast<size_t>(
                put_text(begin + size, codes_[i], templates, max_bytes - size) - begin);
            fits = size <= max_bytes;
            out.ends.push_back(static_cast<uint32_t>(size));
          }
          return fits ? size : 0;
        });
    if (!fits) in.fail();
    return fits;
  }

 private:
  /// Counts what the sections hold; false if no chunk of at most `max_bytes` has these codes.
  bool measure(const Templates& templates, size_t max_bytes, TextRange wanted) {
    number_counts_ = {};
    raw_bytes_ = wholes_ = bound_ = largest_ = 0;
    for (size_t number = 0; number < codes_.size(); ++number) {
      uint64_t code = codes_[number];
      if (code > templates.size()) return false;
      if (code == 0) {
        ++wholes_;
        continue;
      }
      const Templates::Shape& shape = templates.shapes_[code - 1];
      for (size_t i = 0; i < shape.numbers; ++i) ++number_counts_[i];
      raw_bytes_ += shape.raw_bytes;
      if (number < wanted.begin || number >= wanted.end) continue;
      bound_ += shape.max_text_bytes;
      largest_ = std::max(largest_, shape.max_text_bytes);
    }
    return raw_bytes_ <= max_bytes;
  }

  bool read(Decoder& in, size_t max_bytes) {
    for (size_t i = 0; i < shape::kMaxSlots; ++i) {
      numbers_[i].resize(number_counts_[i]);
      if (!decode_numbers(in, numbers_[i])) return false;
      next_number_[i] = numbers_[i].data();
    }
    next_raw_ = view_bytes(in, raw_bytes_, raw_room_).data();
    lengths_.resize(wholes_);
    if (!decode_numbers(in, lengths_)) return false;
    size_t whole_bytes = 0;
    for (uint64_t length : lengths_) {
      if (length > max_bytes - whole_bytes) return false;
      whole_bytes += length;
    }
    bound_ += whole_bytes;
    next_whole_ = view_bytes(in, whole_bytes, whole_room_).data();
    next_length_ = lengths_.data();
    return in.ok();
  }

  void skip_text(uint64_t code, const Templates& templates) {
    if (code == 0) {
      next_whole_ += *next_length_++;
      return;
    }
    const Templates::Shape& shape = templates.shapes_[code - 1];
    for (size_t i = 0; i < shape.numbers; ++i) ++next_number_[i];
    next_raw_ += shape.raw_bytes;
  }

  /// Returns the text's end. A whole text that does not fit into `left` is left out, and its end is
  /// past `left`.
  char* put_text(char* out, uint64_t code, const Templates& templates, size_t left) {
    if (code == 0) {
      size_t length = *next_length_++;
      if (length > left) return out + left + 1;
      if (length > 0) std::memcpy(out, next_whole_, length);
      next_whole_ += length;
      return out + length;
    }
    const Templates::Shape& shape = templates.shapes_[code - 1];
    size_t literal = 0;
    size_t number = 0;
    auto put_literal = [&](size_t end) {
      if (end - literal <= shape::kSlack)
        std::memcpy(out, shape.literals.data() + literal, shape::kSlack);
      else
        std::memcpy(out, shape.literals.data() + literal, end - literal);
      out += end - literal;
      literal = end;
    };
    for (const Templates::Slot& slot : shape.slots) {
      put_literal(slot.literal_end);
      if (slot.kind == shape::kNumber)
        out = put_number(out, *next_number_[number++]++);
      else
        out = slot.kind == shape::kUuid ? put_uuid(out, next_raw_)
                                        : put_hex(out, next_raw_, slot.raw_bytes);
      next_raw_ += slot.raw_bytes;
    }
    put_literal(shape.literal_bytes);
    return out;
  }

  std::vector<uint64_t> codes_;
  std::array<size_t, shape::kMaxSlots> number_counts_{};
  std::array<std::vector<uint64_t>, shape::kMaxSlots> numbers_;
  std::array<const uint64_t*, shape::kMaxSlots> next_number_{};
  size_t raw_bytes_ = 0;
  std::string raw_room_;
  const char* next_raw_ = nullptr;
  size_t wholes_ = 0;
  std::vector<uint64_t> lengths_;
  const uint64_t* next_length_ = nullptr;
  std::string whole_room_;
  const char* next_whole_ = nullptr;
  size_t bound_ = 0;    // bytes of all texts at most
  size_t largest_ = 0;  // bytes of the largest that a template makes, at most
};

bool decode_text_templates(Decoder& in, std::span<uint64_t> codes) {
  return decode_numbers(in, codes);
}

bool decode_texts(Decoder& in, size_t count, size_t max_bytes, const Templates& templates,
                  Texts& out, TextRange wanted) {
  thread_local TextsDecoder decoder;
  return decoder.decode(in, count, max_bytes, templates, out, wanted);
}

}  // namespace clew::store::codec
