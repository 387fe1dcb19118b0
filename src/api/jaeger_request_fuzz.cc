// Any bytes are a request of Jaeger's gRPC services or an error.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/jaeger_proto_read.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clew::api;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  for (auto dialect : {JaegerDialect::kApiV2, JaegerDialect::kApiV3, JaegerDialect::kStorage}) {
    (void)read_find_request(input, dialect);
    (void)read_trace_request(input, dialect);
  }
  (void)read_traces_request(input);
  (void)read_operations_request(input);
  (void)read_dependencies_request(input);
  return 0;
}
