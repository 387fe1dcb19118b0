// Any body asks for a comparison or is an error.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/tempo_diff_request.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  (void)clew::api::parse_tempo_diff({reinterpret_cast<const char*>(data), size});
  return 0;
}
