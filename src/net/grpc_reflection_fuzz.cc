// Any bytes are a request of gRPC's reflection or an error.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/grpc_reflection.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clew::net;
  // A file "a.proto" of the package "p" with the message "M".
  static const std::string_view set(
      "\x0a\x11\x0a\x07"
      "a.proto\x12\x01p\x22\x03\x0a\x01M",
      19);
  static const Descriptors descriptors(set);
  (void)reflection_answer(descriptors, {"p.S"}, {reinterpret_cast<const char*>(data), size});
  return 0;
}
