#include "otlp/items.h"

#include <array>

#include "otlp/messages.h"

namespace clew::otlp {
namespace {

// The three kinds of ResourceX hold their ScopeX in one field, and those their spans, records or
// metrics in another, under the same numbers.
constexpr fields::Tag kScopes = fields::resource_spans::kScopeSpans;
constexpr fields::Tag kMembers = fields::scope_spans::kSpans;
/// Metric.{gauge, sum, histogram, exponential_histogram, summary}.
constexpr std::array<fields::Tag, 5> kMetricData = {5, 7, 9, 10, 11};
constexpr fields::Tag kDataPoints = 1;

size_t count(std::string_view message, fields::Tag tag) {
  size_t members = 0;
  for ([[maybe_unused]] std::string_view member : MessageRange(message, tag)) ++members;
  return members;
}

size_t count_points(std::string_view metric) {
  size_t points = 0;
  for (fields::Tag tag : kMetricData)
    for (std::string_view data : MessageRange(metric, tag)) points += count(data, kDataPoints);
  return points;
}

}  // namespace

size_t count_items(Signal signal, std::string_view resource_message) {
  size_t items = 0;
  for (std::string_view scope : MessageRange(resource_message, kScopes)) {
    if (signal != Signal::kMetrics) {
      items += count(scope, kMembers);
      continue;
    }
    for (std::string_view metric : MessageRange(scope, kMembers)) items += count_points(metric);
  }
  return items;
}

}  // namespace clew::otlp
