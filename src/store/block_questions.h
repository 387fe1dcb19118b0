// Everything a store may ask of a block, for tests and fuzzers only.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "store/block.h"
#include "store/search.h"
#include "store/testing.h"

namespace clew::store::testing {

struct Questions {
  std::vector<TraceId> traces;
  std::vector<Filter> filters;
  std::vector<std::string> keys;
};

/// What is there, sorted. Not complete: an error, or less than there should be.
struct Answer {
  std::vector<std::string> items;
  bool complete = true;
};

/// One for each trace, filter and key, for the operations, for the attributes and for the calls.
inline std::vector<Answer> answers(const Block& block, const Questions& questions) {
  auto part = std::shared_ptr<const Part>(std::shared_ptr<void>(), &block);
  std::vector<Answer> out;
  auto add = [&](std::vector<std::string> items, bool complete) {
    std::ranges::sort(items);
    auto again = std::ranges::unique(items);
    items.erase(again.begin(), again.end());
    out.push_back({std::move(items), complete});
  };
  for (const TraceId& id : questions.traces) {
    auto trace = collect_trace({part}, id);
    if (trace)
      add(contents(trace->spans), trace->complete);
    else
      add({}, trace.error().code == Code::kNotFound);
  }
  for (const Filter& filter : questions.filters) {
    ManualClock clock(0);
    std::vector<std::string> ids;
    auto found = find_traces({part}, query(filter), 1'000'000, clock, kNoDeadline);
    // The right half: which form the ID has may stand in what is damaged.
    for (const FoundTrace& trace : found.traces) ids.push_back(trace.id.hex().substr(16));
    add(std::move(ids), found.complete);
  }
  std::vector<std::string> items;
  auto operations = block.visit_operations([&](const OperationKey& key) {
    items.push_back(fmt::format("{}/{}/{}", key.service, key.name, otlp::name_of(key.kind)));
  });
  add(std::move(items), operations.has_value());
  items.clear();
  auto attributes = block.visit_attributes([&](AttributeScope scope, std::string_view key) {
    items.push_back(fmt::format("{}/{}", name_of(scope), key));
    return true;
  });
  add(std::move(items), attributes.has_value());
  for (const std::string& key : questions.keys) {
    items.clear();
    auto values = block.visit_values({}, key, [&](otlp::ValueType type, std::string_view text) {
      items.push_back(fmt::format("{}/{}", static_cast<int>(type), text));
      return true;
    });
    add(std::move(items), values.has_value());
  }
  CallTable calls;
  auto counted = block.count_calls({0, UINT64_MAX}, {}, calls, {});
  items.clear();
  for (size_t i = 0; i < calls.edges().size(); ++i)
    for (int64_t call = 0; call < calls.edges()[i].calls; ++call) {
      CallEdges::Pair pair = calls.names().pairs()[i];
      items.push_back(fmt::format("{}>{}/{}", calls.names().services()[pair.parent],
                                  calls.names().services()[pair.child], call));
    }
  add(std::move(items), counted.has_value());
  return out;
}

}  // namespace clew::store::testing
