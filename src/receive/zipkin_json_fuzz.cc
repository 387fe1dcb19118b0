// Zipkin JSON of any bytes: refused, or a request of which Batch::index takes every span.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "otlp/batch.h"
#include "receive/zipkin_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto json = std::string_view(reinterpret_cast<const char*>(data), size);
  auto bytes = clew::receive::zipkin_v2_json_to_otlp(json);
  if (!bytes) return 0;
  auto batch = clew::otlp::Batch::index(clew::SharedBytes::take(*std::move(bytes)));
  CLEW_CHECK(batch.has_value());
  CLEW_CHECK(batch->rejected_spans() == 0);
  return 0;
}
