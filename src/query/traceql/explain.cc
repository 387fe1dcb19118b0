#include "query/traceql/explain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "query/traceql/fields.h"
#include "query/traceql/leaf_scan.h"
#include "query/traceql/literal_text.h"
#include "query/traceql/plan.h"

namespace clew::query::traceql {
namespace {

std::string line(std::string_view what, std::string_view text) {
  return fmt::format("  {:<12}{}\n", what, text);
}

/// The filter as TraceQL would write it.
std::string text_of(const store::Filter& filter) {
  std::vector<std::string> parts;
  auto add = [&]<typename... Args>(fmt::format_string<Args...> format, Args&&... args) {
    parts.push_back(fmt::format(format, std::forward<Args>(args)...));
  };
  auto duration = [](uint64_t nanoseconds) {
    return duration_text(static_cast<int64_t>(nanoseconds));
  };
  if (!filter.service.empty()) add("resource.service.name = \"{}\"", filter.service);
  if (!filter.operation.empty()) add("name = \"{}\"", filter.operation);
  if (filter.kind) add("kind = {}", otlp::name_of(*filter.kind));
  if (filter.status) add("status = {}", otlp::name_of(*filter.status));
  for (const store::Condition& condition : filter.conditions) parts.push_back(condition.text());
  if (filter.min_duration) add("duration >= {}", duration(*filter.min_duration));
  if (filter.max_duration) add("duration <= {}", duration(*filter.max_duration));
  if (filter.min_trace_duration) add("trace:duration >= {}", duration(*filter.min_trace_duration));
  if (filter.max_trace_duration) add("trace:duration <= {}", duration(*filter.max_trace_duration));
  return fmt::format("{}", fmt::join(parts, " && "));
}

std::string lookups(const Pipeline& pipeline) {
  auto witnesses = witnesses_of(pipeline);
  if (witnesses.empty())
    return line("looks up", "nothing: every trace of the time range may match, and is read");
  std::string text = line("looks up", text_of(witnesses[0].filter));
  for (size_t i = 1; i < witnesses.size(); ++i)
    text += line("tests also", text_of(witnesses[i].filter) + "   (thought less selective)");
  return text;
}

std::string named_fields(const Pipeline& pipeline) {
  std::vector<std::string> names;
  for (const Field& field : fields_of(pipeline)) names.push_back(field.spelling);
  return names.empty() ? "every span" : fmt::format("{}", fmt::join(names, ", "));
}

std::string text_of(const store::ScanColumns& columns) {
  std::vector<std::string> names = {"start"};
  if (columns.duration) names.emplace_back("duration");
  if (columns.operation) names.emplace_back("name and kind");
  if (columns.resource) names.emplace_back("resource");
  if (columns.status) names.emplace_back("status");
  for (const std::string& key : columns.attributes) names.push_back("span." + key);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string search_plan(const Pipeline& pipeline) {
  return "search: newest traces first, until there are enough\n" + lookups(pipeline) +
         line("reads", "each trace that is found, whole") + line("tests", named_fields(pipeline));
}

std::string function_plan(const Metrics& metrics) {
  if (auto columns = columns_for(metrics.spans, *metrics.function))
    return "metrics: from columns, no trace is read\n" + line("reads", text_of(*columns)) +
           line("tests", named_fields(metrics.spans) + "   (once for each kind of span)");
  return "metrics: from traces, since columns do not say enough\n" + lookups(metrics.spans) +
         line("reads", "each trace of the time range that is found, whole") +
         line("tests", named_fields(metrics.spans));
}

std::string metrics_plan(const Metrics& metrics) {
  if (metrics.function) return function_plan(metrics);
  return metrics_plan(metrics.args[0]) + metrics_plan(metrics.args[1]);
}

}  // namespace

std::string explain(const Query& query) {
  if (const auto* pipeline = std::get_if<Pipeline>(&query.what)) return search_plan(*pipeline);
  return metrics_plan(std::get<Metrics>(query.what));
}

}  // namespace clew::query::traceql
