// Zipkin's protobuf of any bytes, with and without parsing of tags.
#include "receive/decoder_fuzzing.h"
#include "receive/zipkin_proto.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clew::receive;
  for (bool parse : {false, true})
    check_decoded(zipkin_proto_to_otlp(fuzz_input(data, size), parse));
  return 0;
}
