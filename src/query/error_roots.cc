#include "query/error_roots.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "query/parents.h"
#include "store/trace_id.h"

namespace clew::query {
namespace {

constexpr std::array<std::string_view, 4> kStatusKeys = {
    "http.response.status_code", "http.status_code", "rpc.grpc.status_code", "grpc.status_code"};

/// The failed span that everything else may follow from; nothing without a failed span.
std::optional<size_t> root_of(const std::vector<otlp::Span>& spans) {
  std::vector<size_t> parents = parents_of(spans);
  std::vector<bool> explained(spans.size(), false);  // a failed span is below it
  for (size_t i = 0; i < spans.size(); ++i) {
    if (!spans[i].is_error()) continue;
    // What is explained already has explained parents; that also ends circles. A span of a circle
    // may come to explain itself: then the whole circle does, and is looked at below.
    for (size_t at = parents[i]; at != kNoParent && at != i && !explained[at]; at = parents[at])
      explained[at] = true;
  }
  std::optional<size_t> best, in_circle;
  for (size_t i = 0; i < spans.size(); ++i) {
    if (!spans[i].is_error()) continue;
    std::optional<size_t>& place = explained[i] ? in_circle : best;
    if (!place || spans[i].end < spans[*place].end) place = i;
  }
  return best ? best : in_circle;
}

}  // namespace

std::string outcome_of(const otlp::Span& span) {
  size_t best = kStatusKeys.size();
  std::string outcome;
  for (otlp::Attribute attribute : span.attributes()) {
    size_t rank =
        static_cast<size_t>(std::ranges::find(kStatusKeys, attribute.key) - kStatusKeys.begin());
    if (rank >= best) continue;
    std::string text = attribute.value.text();
    if (text == "0" && rank < 2) continue;  // Envoy's: there was no answer
    outcome = std::move(text);
    best = rank;
  }
  if (outcome.empty() && span.is_error()) return "error";
  return outcome;
}

std::string failure_text(const otlp::Span& span) {
  if (!span.status_message.empty()) return std::string(span.status_message);
  for (otlp::Event event : span.events()) {
    if (event.name != "exception") continue;
    std::string type, message;
    for (otlp::Attribute attribute : event.attributes()) {
      if (attribute.key == "exception.type") type = attribute.value.text();
      if (attribute.key == "exception.message") message = attribute.value.text();
    }
    return type.empty() || message.empty() ? type + message : type + ": " + message;
  }
  return {};
}

void ErrorRootCounter::add(const otlp::Batch& trace) {
  std::vector<otlp::Span> spans;
  spans.reserve(trace.spans().size());
  for (const otlp::SpanRef& ref : trace.spans()) spans.push_back(trace.decode(ref));
  auto root = root_of(spans);
  if (!root) return;
  ++traces_;
  const otlp::Span& span = spans[*root];
  std::string service(trace.resource_of(trace.spans()[*root]).service_name);
  std::string outcome = outcome_of(span);
  ErrorRoots& group = groups_[{service, std::string(span.name), outcome}];
  if (group.traces++ == 0) {
    group.service = std::move(service);
    group.operation = span.name;
    group.outcome = std::move(outcome);
  }
  if (group.example_text.empty()) group.example_text = failure_text(span);
  if (group.example_ids.size() < kExampleTraces)
    group.example_ids.push_back(store::trace_id_of(trace));
}

std::vector<ErrorRoots> ErrorRootCounter::result() const {
  std::vector<ErrorRoots> result;
  for (const auto& [key, group] : groups_) result.push_back(group);
  std::ranges::stable_sort(result, std::ranges::greater(), &ErrorRoots::traces);
  return result;
}

}  // namespace clew::query
