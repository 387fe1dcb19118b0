// A template is a text without zeros in which these bytes have a meaning; all others are as they
// are:
//
//   | bytes  | stand for                                                                |
//   |--------|--------------------------------------------------------------------------|
//   | 01     | a decimal number                                                         |
//   | 02     | a lower-case UUID, 16 raw bytes                                          |
//   | 03 n   | 2n lower-case hex digits, n raw bytes (n from 1)                         |
//
// Templates in a row: a varint count, the varint length of all that follows, and by encode_bytes()
// each template behind the varint of its length.
#include <xxhash.h>

#include <algorithm>
#include <vector>

#include "store/codec/bytes.h"
#include "store/codec/texts.h"
#include "store/codec/texts_shape.h"

namespace clew::store::codec {

size_t Templates::Hash::operator()(std::string_view text) const {
  return XXH3_64bits(text.data(), text.size());
}

bool Templates::parse(std::string_view text, Shape& shape) {
  if (text.size() > shape::kMaxBytes) return false;
  shape.text = text;
  for (size_t i = 0; i < text.size(); ++i) {
    char kind = text[i];
    if (kind == 0) return false;
    if (kind < 0 || kind > shape::kHex) {
      shape.literals += kind;
      continue;
    }
    uint8_t raw_bytes = kind == shape::kUuid ? shape::kUuidBytes : 0;
    if (kind == shape::kHex) {
      ++i;
      if (i == text.size() || text[i] == 0) return false;
      raw_bytes = static_cast<uint8_t>(text[i]);
    }
    shape.slots.push_back(
        {static_cast<uint32_t>(shape.literals.size()), static_cast<uint8_t>(kind), raw_bytes});
    shape.numbers += kind == shape::kNumber ? 1 : 0;
    shape.raw_bytes += raw_bytes;
  }
  shape.literal_bytes = shape.literals.size();
  shape.literals.append(shape::kSlack, '\0');
  // A damaged number has up to 20 digits. A UUID's dashes are more than its hex.
  shape.max_text_bytes = shape.literal_bytes + shape.slots.size() * 20 + 2 * shape.raw_bytes;
  return shape.slots.size() <= shape::kMaxSlots;
}

bool Templates::add(std::string_view text) {
  Shape shape;
  if (shapes_.size() == kMax || !parse(text, shape)) return false;
  if (!codes_.emplace(text, static_cast<uint32_t>(shapes_.size())).second) return false;
  shapes_.push_back(std::move(shape));
  return true;
}

bool Templates::may_contain(size_t code, std::string_view lower) const {
  const std::string& text = shapes_[code].text;
  auto is_ascii = [](char c) { return static_cast<signed char>(c) >= 0; };
  // What else is a small letter of other alphabets nobody needs to know here.
  if (!std::ranges::all_of(text, is_ascii) || !std::ranges::all_of(lower, is_ascii)) return true;
  auto can_be = [](char part, char c) {
    bool digit = c >= '0' && c <= '9';
    if (part == shape::kNumber) return digit;
    if (part == shape::kHex || part == shape::kUuid)
      return digit || (c >= 'a' && c <= 'f') || (c == '-' && part == shape::kUuid);
    return (part >= 'A' && part <= 'Z' ? part - 'A' + 'a' : part) == c;
  };
  std::string parts;
  for (size_t i = 0; i < text.size(); i += text[i] == shape::kHex ? 2 : 1) parts += text[i];
  auto is_slot = [&](size_t at) { return at < parts.size() && parts[at] <= shape::kHex; };
  // Where in the template `lower` may have come to. It may begin anywhere; a slot may be as long as
  // it likes, or empty.
  std::vector<uint8_t> at(parts.size() + 1, 1), next;
  for (char c : lower) {
    next.assign(at.size(), 0);
    for (size_t i = 0; i < parts.size(); ++i) {
      if (!at[i]) continue;
      if (is_slot(i)) at[i + 1] = 1;
      if (can_be(parts[i], c)) next[is_slot(i) ? i : i + 1] = 1;
    }
    at.swap(next);
  }
  return std::ranges::find(at, 1) != at.end();
}

void Templates::encode(std::string& out) const {
  std::string all;
  for (const Shape& shape : shapes_) {
    put_varint(all, shape.text.size());
    all += shape.text;
  }
  put_varint(out, shapes_.size());
  put_varint(out, all.size());
  encode_bytes(all, out);
}

Result<Templates> Templates::decode(std::string_view bytes) {
  auto damaged = [] { return fail(Code::kMalformed, "a column's templates are damaged"); };
  Decoder in(bytes);
  size_t count = in.varint();
  size_t size = in.varint();
  if (!in.ok() || count > kMax || size > kMax * (shape::kMaxBytes + 2)) return damaged();
  std::string all(size, '\0');
  if (!decode_bytes(in, all) || !in.done()) return damaged();
  Templates templates;
  Decoder texts(all);
  for (size_t i = 0; i < count; ++i) {
    std::string_view text = texts.raw(texts.varint());
    if (!texts.ok() || !templates.add(text)) return damaged();
  }
  if (!texts.done()) return damaged();
  return templates;
}

}  // namespace clew::store::codec
