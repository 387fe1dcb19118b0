// Decoding damaged sections of a block never crashes and never reserves more than the input
// justifies; what decodes encodes to the same bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "store/block_format.h"
#include "store/bloom.h"
#include "store/compress.h"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clew::store;
  if (size == 0) return 0;
  std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
      if (auto traces = block_format::decode_traces(input, 1 << 20))
        check(block_format::encode_traces(*traces) == input);
      break;
    case 1:
      if (auto groups = block_format::decode_groups(input, UINT64_MAX))
        check(block_format::encode_groups(*groups) == input);
      break;
    case 2:
      if (auto operations = block_format::decode_operations(input))
        check(block_format::encode_operations(*operations) == input);
      break;
    case 3: {
      auto footer = block_format::decode_footer(input, UINT64_MAX);
      if (footer) check(block_format::encode_footer(*footer) == input);
      break;
    }
    default:
      (void)decompress(input, 1 << 16);
      may_contain(input, size);
  }
  return 0;
}
