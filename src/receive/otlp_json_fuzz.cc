// OTLP/JSON of any bytes: refused, or turned into protobuf that is found well-formed.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "otlp/batch.h"
#include "otlp/payload.h"
#include "receive/otlp_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto json = std::string_view(reinterpret_cast<const char*>(data), size);
  for (clew::otlp::Signal signal : clew::otlp::kSignals) {
    auto bytes = clew::receive::otlp_json_to_protobuf(json, signal);
    if (!bytes) continue;
    auto request = clew::SharedBytes::take(*std::move(bytes));
    CLEW_CHECK(signal == clew::otlp::Signal::kTraces
                   ? clew::otlp::Batch::index(request).has_value()
                   : clew::otlp::Payload::check(signal, request).has_value());
  }
  return 0;
}
