// Metrics of any bytes: of a batch they agree with its spans' other reader, and every text they
// make is UTF-8; of bytes that are no batch nothing is read past their end.
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/observe/exposition.h"
#include "agent/observe/observer.h"
#include "agent/observe/otlp_metrics.h"
#include "base/check.h"
#include "base/json.h"
#include "otlp/batch.h"

namespace {

using namespace clew;

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

void compare(const otlp::Batch& batch) {
  agent::WantedKeys wanted;
  wanted.add("a");
  for (const otlp::SpanRef& ref : batch.spans()) {
    agent::RawValue value;
    agent::SpanFacts facts = agent::read_span_facts(batch.bytes_of(ref), wanted, {&value, 1});
    otlp::Span span = batch.decode(ref);
    CLEW_CHECK(facts.span_id == span.span_id && facts.parent_span_id == span.parent_span_id);
    CLEW_CHECK(facts.name == span.name && facts.kind == span.kind && facts.status == span.status);
    CLEW_CHECK(facts.start == span.start && facts.duration() == span.duration());
    auto attribute = span.attributes().find("a");
    // Not the other way round: of two keys in one KeyValue the walk sees the first.
    if (value.data() == nullptr) continue;
    std::string scratch;
    CLEW_CHECK(attribute && attribute->text() == agent::text_of(value, scratch));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto bytes = std::string_view(reinterpret_cast<const char*>(data), size);
  auto batch = otlp::Batch::index(SharedBytes::copy(bytes));
  if (!batch) return 0;
  compare(*batch);
  agent::Observer observer({.span_metrics = agent::SpanMetricsOptions{.dimensions = {{"a"}}},
                            .service_graph = agent::ServiceGraphOptions{.dimensions = {"a"}}});
  observer.observe(*batch);
  observer.expire();
  auto families = observer.collect(agent::Temporality::kDelta);
  uint64_t calls = 0;
  for (const agent::MetricPoint& point : families[0].points) calls += point.value;
  CLEW_CHECK(calls == batch->spans().size());
  std::string text;
  metrics::TextWriter writer(metrics::TextFormat::kOpenMetrics, text);
  agent::write_text(families, writer);
  CLEW_CHECK(is_utf8(text));
  agent::encode_metrics(families, {});
  return 0;
}
