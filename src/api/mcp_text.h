// Text of a bounded size for an assistant, and times as it reads them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace clew::api {

/// What fits well beside the rest of a conversation: about 5,000 tokens.
inline constexpr size_t kMcpAnswerBytes = 20'000;

/// Collects lines up to kMcpAnswerBytes and counts those that come after.
class BoundedText {
 public:
  /// Takes a line without its end. Line breaks and other controls in it become spaces.
  void line(std::string_view text);

  bool is_full() const { return left_out_ > 0; }
  /// The lines; if some did not fit, how many, and `advice` on how to ask for less.
  std::string take(std::string_view advice);

 private:
  std::string text_;
  size_t left_out_ = 0;
};

/// The first `most` bytes at most, cut between characters, with "…" if there was more.
std::string shortened(std::string_view text, size_t most);

/// "1.234 ms", "2.5 s".
std::string nanos_text(uint64_t nanos);

/// "2026-07-01T12:00:00.123Z".
std::string instant_text(UnixNanos time);

}  // namespace clew::api
