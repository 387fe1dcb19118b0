// Zipkin JSON of any bytes, v2 and v1: refused, or a request of which Batch::index takes every
// span.
#include "receive/decoder_fuzzing.h"
#include "receive/zipkin_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clew::receive;
  std::string_view json = fuzz_input(data, size);
  for (auto* decode : {zipkin_v2_json_to_otlp, zipkin_v1_json_to_otlp})
    for (bool parse : {false, true}) check_decoded(decode(json, parse), /*checks_ids=*/true);
  return 0;
}
