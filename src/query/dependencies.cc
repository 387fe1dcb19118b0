#include "query/dependencies.h"

#include <algorithm>
#include <tuple>

namespace clew::query {

std::vector<Dependency> dependencies_of(const store::CallTable& table) {
  std::vector<Dependency> result;
  const store::CallEdges& names = table.names();
  for (size_t i = 0; i < table.edges().size(); ++i) {
    const store::CallTable::Edge& edge = table.edges()[i];
    if (edge.calls <= 0) continue;
    result.push_back({.parent = names.services()[names.pairs()[i].parent],
                      .child = names.services()[names.pairs()[i].child],
                      .call_count = static_cast<uint64_t>(edge.calls),
                      .error_count = static_cast<uint64_t>(std::max<int64_t>(edge.errors, 0)),
                      .p50 = edge.quantile(0.5),
                      .p95 = edge.quantile(0.95),
                      .p99 = edge.quantile(0.99)});
  }
  std::ranges::sort(result, {}, [](const Dependency& dependency) {
    return std::tie(dependency.parent, dependency.child);
  });
  return result;
}

}  // namespace clew::query
