// Jaeger's protobuf of any bytes.
#include "receive/decoder_fuzzing.h"
#include "receive/jaeger_proto.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clew::receive;
  check_decoded(jaeger_proto_to_otlp(fuzz_input(data, size)));
  return 0;
}
