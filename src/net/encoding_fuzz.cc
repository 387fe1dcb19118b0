// The first byte chooses the encoding, the rest is the body. Whatever it decodes to must survive
// being encoded and decoded again, and never be larger than the limit.
#include <array>
#include <cstdint>

#include "base/check.h"
#include "net/encoding.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clew;
  constexpr size_t kLimit = 1 << 16;
  constexpr std::array<std::string_view, 5> kNames = {"gzip", "deflate", "zstd", "identity",
                                                      "snappy"};
  if (size == 0) return 0;
  std::string_view name = kNames[data[0] % kNames.size()];
  auto body = SharedBytes::copy({reinterpret_cast<const char*>(data + 1), size - 1});
  auto decoded = net::decode_content(name, body, kLimit);
  if (!decoded) return 0;
  CLEW_CHECK(decoded->size() <= kLimit);
  if (name == "snappy") return 0;  // only read
  auto again = net::decode_content(name, net::encode_content(name, *decoded).value(), kLimit);
  CLEW_CHECK(again && again->view() == decoded->view());
  return 0;
}
