// Any text is a page token or an error; what is one is the only token of its place.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "query/page_token.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clew::query;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  auto last = decode_page_token(input);
  if (last && encode_page_token(*last) != input) std::abort();
  return 0;
}
