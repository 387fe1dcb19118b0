// Zipkin's thrift of any bytes.
#include "receive/decoder_fuzzing.h"
#include "receive/zipkin_thrift.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clew::receive;
  check_decoded(zipkin_v1_thrift_to_otlp(fuzz_input(data, size)));
  return 0;
}
