// What passes otlp::Batch::index can be written in every format, whatever it is.
#include <cstddef>
#include <cstdint>

#include "agent/export/debug_text.h"
#include "agent/export/zipkin_json.h"
#include "base/check.h"
#include "otlp/batch.h"
#include "otlp/jaeger_proto.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clew;
  auto request = SharedBytes::copy({reinterpret_cast<const char*>(data), size});
  bool well_formed = otlp::Batch::index(request).has_value();
  CLEW_CHECK(agent::zipkin_json(request).has_value() == well_formed);
  CLEW_CHECK(otlp::jaeger_post_spans(request).has_value() == well_formed);
  auto text = agent::debug_text(otlp::Signal::kTraces, request, agent::Verbosity::kDetailed);
  CLEW_CHECK(text.ends_with('\n'));
  return 0;
}
