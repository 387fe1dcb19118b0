// OTLP/JSON of any bytes: refused, or turned into protobuf that Batch::index finds well-formed.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "otlp/batch.h"
#include "receive/otlp_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto json = std::string_view(reinterpret_cast<const char*>(data), size);
  auto bytes = clew::receive::otlp_json_to_protobuf(json);
  if (!bytes) return 0;
  CLEW_CHECK(clew::otlp::Batch::index(clew::SharedBytes::take(*std::move(bytes))).has_value());
  return 0;
}
