// Logs and metrics from anyone.
#include <cstddef>
#include <cstdint>

#include "otlp/payload.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  auto signal = data[0] % 2 == 0 ? clew::otlp::Signal::kLogs : clew::otlp::Signal::kMetrics;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  static_cast<void>(clew::otlp::Payload::check(signal, clew::SharedBytes::copy(bytes)));
  return 0;
}
