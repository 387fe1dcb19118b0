// Batch::index on any bytes: it refuses, or every view over the batch can be read to its end and
// written again.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "otlp/batch.h"
#include "otlp/writer.h"

namespace {

void read_all(const clew::otlp::Batch& batch) {
  clew::otlp::RequestWriter writer;
  for (const clew::otlp::SpanRef& ref : batch.spans()) {
    clew::otlp::Span span = batch.decode(ref);
    CLEW_CHECK(span.trace_id == ref.trace_id);
    span.is_error();
    for (clew::otlp::Attribute attribute : span.attributes()) attribute.value.text();
    for (clew::otlp::Event event : span.events())
      for (clew::otlp::Attribute attribute : event.attributes()) attribute.value.text();
    for (clew::otlp::Link link : span.links())
      for (clew::otlp::Attribute attribute : link.attributes()) attribute.value.text();
    for (clew::otlp::Attribute attribute : batch.resource_of(ref).attributes())
      attribute.value.text();
    writer.add(batch, ref);
  }
  auto again = clew::otlp::Batch::index(clew::SharedBytes::take(writer.finish()));
  CLEW_CHECK(again.has_value());
  CLEW_CHECK(again->spans().size() == batch.spans().size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto bytes = std::string_view(reinterpret_cast<const char*>(data), size);
  auto batch = clew::otlp::Batch::index(clew::SharedBytes::copy(bytes));
  if (batch) read_all(*batch);
  return 0;
}
