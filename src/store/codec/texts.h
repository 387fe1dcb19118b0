// Columns of texts that hardly repeat: addresses, URLs, UUIDs, sizes written as text. A text is a
// template, which repeats, and the numbers that stand in it, which do not.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "store/coding.h"

namespace clew::store::codec {

/// The templates of one column of one block. Only grows, so what was written by a smaller one is
/// read by a larger one. One thread writes; any thread reads what no longer grows.
class Templates {
 public:
  /// Past this many a text is kept whole: its parts vary in ways a template does not catch.
  static constexpr size_t kMax = 256;

  size_t size() const { return shapes_.size(); }

  /// False if no text made of template `code` has `lower` in it, in any case of its letters.
  /// `lower` is without capitals.
  bool may_contain(size_t code, std::string_view lower) const;

  /// Drawn in the .cc.
  void encode(std::string& out) const;
  /// Fails with kMalformed.
  static Result<Templates> decode(std::string_view bytes);

 private:
  friend class TextsEncoder;
  friend class TextsDecoder;

  struct Slot {
    uint32_t literal_end;  // the literal before it ends here in Shape::literals
    uint8_t kind;
    uint8_t raw_bytes;  // 0: a number
  };
  /// A template taken apart.
  struct Shape {
    std::string text;      // as it is written
    std::string literals;  // and some zeros behind them
    size_t literal_bytes = 0;
    std::vector<Slot> slots;
    size_t numbers = 0;
    size_t raw_bytes = 0;
    size_t max_text_bytes = 0;  // of a text that is made of it
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const;
  };

  /// False if `text` is no template.
  static bool parse(std::string_view text, Shape& shape);
  bool add(std::string_view text);

  std::vector<Shape> shapes_;
  std::unordered_map<std::string, uint32_t, Hash, std::equal_to<>> codes_;
};

/// Texts behind one another.
struct Texts {
  std::string bytes;
  std::vector<uint32_t> ends;

  size_t size() const { return ends.size(); }
  std::string_view operator[](size_t i) const {
    uint32_t begin = i == 0 ? 0 : ends[i - 1];
    return std::string_view(bytes).substr(begin, ends[i] - begin);
  }
};

/// Appends the texts (any bytes at all), and new templates to `templates`. Each text is cut into
/// runs of letters and digits. A lower-case UUID with a digit in it becomes raw bytes, and so does
/// a run of 8 or more lower-case hex digits of even length with a digit in it; digits in any other
/// run become a number if they are written as numbers are (no leading zero, at most 19 digits);
/// everything else is the template. Drawn in the .cc. Any thread; holds buffers per thread.
void encode_texts(std::span<const std::string_view> texts, Templates& templates, std::string& out);

/// Of what encode_texts() wrote, only of each text 1 + the code of its template, or 0 if it was
/// kept whole. False on damage.
bool decode_text_templates(Decoder& in, std::span<uint64_t> codes);

/// Some of the texts of a column, by number.
struct TextRange {
  size_t begin = 0;
  size_t end = SIZE_MAX;
};

/// Reads what encode_texts() wrote of exactly `count` texts, those that are wanted, which together
/// may take `max_bytes`. False on damage.
bool decode_texts(Decoder& in, size_t count, size_t max_bytes, const Templates& templates,
                  Texts& out, TextRange wanted = {});

}  // namespace clew::store::codec
