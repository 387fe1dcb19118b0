// Spans for tests of populations: short, with times in nanoseconds.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "query/population_tree.h"
#include "store/span_outline.h"

namespace clew::query::testing {

inline constexpr UnixNanos kTestStart = 1'700'000'000'000'000'000;

inline SpanId span_id(uint64_t number) {
  SpanId id;
  for (size_t i = 0; i < 8; ++i) id.bytes[i] = static_cast<uint8_t>(number >> (56 - 8 * i));
  return id;
}

inline TraceId trace_id(uint64_t number) {
  TraceId id;
  id.bytes[0] = 1;
  for (size_t i = 0; i < 8; ++i) id.bytes[8 + i] = static_cast<uint8_t>(number >> (56 - 8 * i));
  return id;
}

/// A span from `start` to `end`, nanoseconds after kTestStart. `name` must outlive it.
inline store::SpanOutline span(uint64_t id, uint64_t parent, uint64_t start, uint64_t end,
                               std::string_view name, bool is_error = false) {
  return {.id = span_id(id),
          .parent = span_id(parent),
          .start = kTestStart + start,
          .duration = end - start,
          .kind = otlp::SpanKind::kInternal,
          .is_error = is_error,
          .service = "shop",
          .name = name};
}

using TestTrace = std::vector<store::SpanOutline>;

inline void add(CallTree& tree, uint64_t number, const TestTrace& trace) {
  for (const store::SpanOutline& span : trace) tree.add(span);
  tree.end_trace(trace_id(number));
}

/// "name traces/spans total self critical" of each node, indented by its depth.
inline std::string drawn(const Population& population) {
  std::string text;
  for (const PopulationNode& node : population.nodes)
    text += std::string(node.depth, ' ') +
            fmt::format("{} {}/{} {} {} {}\n", population.operations[node.operation].name,
                        node.traces, node.spans, node.total, node.self, node.critical);
  return text;
}

}  // namespace clew::query::testing
