// Any text: it is read or refused with a column, and what is read can be asked of spans.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "otlp/testing.h"
#include "query/traceql/lexer.h"
#include "query/traceql/metrics.h"
#include "query/traceql/parse.h"
#include "query/traceql/pipeline.h"
#include "query/traceql/plan.h"

namespace {

using namespace clew;
using namespace clew::query::traceql;

/// Three spans in a row, with attributes of several types.
const otlp::Batch& trace() {
  using namespace otlp::testing;
  static const otlp::Batch batch = batch_of(
      {{.span = 1, .attributes = {{"a", "x"}}},
       {.span = 2,
        .parent = 1,
        .start = 2'000'000'000,
        .extra_key_values = {key_value("a", any_int(-1))}},
       {.span = 3,
        .parent = 2,
        .start = 3'000'000'000,
        .extra_key_values = {key_value("b", any_double(0.5)), key_value("c", any_bool(true))}}});
  return batch;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto query = parse({reinterpret_cast<const char*>(data), size});
  if (!query) {
    std::string_view message = query.error().message;
    CLEW_CHECK(message.starts_with("column ") || size > kQueryBytes);
    return 0;
  }
  static const Timeline timeline = *Timeline::of_range(1'000'000'000, 5'000'000'000, 1'000'000'000);
  if (const auto* pipeline = std::get_if<Pipeline>(&query->what)) {
    witnesses_of(*pipeline);
    find_spans(*pipeline, TraceView(trace()));
  } else {
    MetricsRun run(std::get<Metrics>(query->what), timeline, 2);
    for (const MetricsRun::Leaf& leaf : run.leaves()) leaf.add(trace());
    run.finish();
  }
  return 0;
}
