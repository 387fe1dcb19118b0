// However a stream is cut into pieces, the same events come out.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "main/trace/event_stream.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  size_t piece = 1 + data[0] % 16;
  std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  clew::EventStream whole, cut;
  auto expected = whole.take(text);
  std::vector<clew::ServerEvent> events;
  for (size_t at = 0; at < text.size(); at += piece) {
    auto some = cut.take(text.substr(at, piece));
    if (!some) std::abort();  // inputs are shorter than the bound
    events.insert(events.end(), some->begin(), some->end());
  }
  if (!expected || *expected != events) std::abort();
  return 0;
}
