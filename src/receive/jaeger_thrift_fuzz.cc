// Jaeger's thrift of any bytes, as a packet of either port and as a batch.
#include "receive/decoder_fuzzing.h"
#include "receive/jaeger_thrift.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clew::receive;
  std::string_view input = fuzz_input(data, size);
  check_decoded(jaeger_compact_call_to_otlp(input));
  check_decoded(jaeger_binary_call_to_otlp(input));
  check_decoded(jaeger_binary_batch_to_otlp(input));
  return 0;
}
