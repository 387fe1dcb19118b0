#include "api/mcp_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "base/time_text.h"

namespace clew::api {

void BoundedText::line(std::string_view text) {
  // One that follows what was left out would hide the gap.
  if (left_out_ > 0 || text_.size() + text.size() + 1 > kMcpAnswerBytes) {
    ++left_out_;
    return;
  }
  for (char c : text) text_ += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  text_ += '\n';
}

std::string BoundedText::take(std::string_view advice) {
  if (left_out_ > 0) text_ += fmt::format("[cut: {} more lines; {}]\n", left_out_, advice);
  return std::move(text_);
}

std::string shortened(std::string_view text, size_t most) {
  if (text.size() <= most) return std::string(text);
  size_t end = 0;
  for (size_t next = 0; next <= most;) {
    end = next;
    next += std::max<size_t>(1, utf8_length(text.substr(next)));
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string nanos_text(uint64_t nanos) {
  auto value = static_cast<double>(nanos);
  if (nanos < 1000) return fmt::format("{} ns", nanos);
  if (nanos < 1'000'000) return fmt::format("{:.4g} µs", value / 1e3);
  if (nanos < 1'000'000'000) return fmt::format("{:.4g} ms", value / 1e6);
  return fmt::format("{:.3f} s", value / 1e9);
}

std::string instant_text(UnixNanos time) {
  std::string text = second_text(time);
  std::ranges::replace(text, ' ', 'T');
  return fmt::format("{}.{:03}Z", text, time / 1'000'000 % 1000);
}

}  // namespace clew::api
