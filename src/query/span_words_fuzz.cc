// Any text is words or an error; words of ASCII are found as comparing letter by letter finds them.
#include <absl/strings/ascii.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "otlp/testing.h"
#include "query/span_words.h"

namespace {
std::string lower(std::string_view text) {
  std::string out(text);
  absl::AsciiStrToLower(&out);
  return out;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clew;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  size_t half = input.size() / 2;
  auto words = query::SpanWords::parse(input.substr(0, half));
  if (!words) return 0;
  std::string_view name = input.substr(half);
  otlp::Batch batch = otlp::testing::batch_of({{.service = "", .name = std::string(name)}});
  bool found = words->match(batch, batch.spans()[0]);
  std::string word = lower(input.substr(0, half));
  bool is_one_word = std::ranges::all_of(word, absl::ascii_isgraph);
  bool stands = lower(name).find(word) != std::string::npos;
  if (is_one_word && stands && !found) std::abort();
  return 0;
}
