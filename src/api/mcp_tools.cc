#include "api/mcp_tools.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/mcp_arguments.h"
#include "api/mcp_text.h"
#include "api/mcp_tools_text.h"
#include "api/mcp_tree.h"
#include "api/params.h"
#include "query/error_roots.h"

namespace clew::api {
namespace {

using Json = nlohmann::json;

constexpr UnixNanos kHour = 3'600'000'000'000;
constexpr uint64_t kNanosPerMilli = 1'000'000;
/// Traces held at a time while many are looked at: each may be large.
constexpr size_t kTracesAtOnce = 20;
constexpr size_t kMostNameBytes = 200;
constexpr char kIncomplete[] = "[incomplete: a deadline, a limit or damage cut the search short]";

struct TimeRange {
  UnixNanos from, to;
};

Result<TimeRange> time_range(McpArguments& arguments, UnixNanos now) {
  UnixNanos to = arguments.time("until", now, now);
  UnixNanos from = arguments.time("since", to - std::min(to, kHour), now);
  if (auto done = arguments.done(); !done) return std::unexpected(done.error());
  if (from > to) return fail(Code::kInvalid, "since: is after until");
  return TimeRange{from, to};
}

/// Line ends with the spaces after them become one space.
std::string unwrapped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\n') {
      out += text[i];
      continue;
    }
    while (i + 1 < text.size() && text[i + 1] == ' ') ++i;
    out += ' ';
  }
  return out;
}

std::string range_text(const TimeRange& range) {
  return instant_text(range.from) + " to " + instant_text(range.to);
}

std::string line_of(const query::TraceSummary& trace) {
  std::string services;
  for (const query::ServiceSummary& service : trace.services)
    services += (services.empty() ? "" : ", ") + service.name;
  return fmt::format("{} {} {} {} spans, {} failed; {}: {}; services: {}", trace.id.hex(),
                     instant_text(trace.start), nanos_text(trace.duration), trace.span_count,
                     trace.error_count, shortened(trace.root_service, kMostNameBytes),
                     shortened(trace.root_operation, kMostNameBytes), shortened(services, 400));
}

}  // namespace

struct McpTools::Entry {
  std::string_view name;
  Tool tool;
};

const std::vector<McpTools::Entry>& McpTools::entries() {
  static const std::vector<Entry> entries = {{"search_traces", &McpTools::search_traces},
                                             {"get_trace", &McpTools::get_trace},
                                             {"list_services", &McpTools::list_services},
                                             {"list_operations", &McpTools::list_operations},
                                             {"get_dependencies", &McpTools::get_dependencies},
                                             {"find_error_roots", &McpTools::find_error_roots}};
  return entries;
}

const Json& McpTools::list() {
  static const Json tools = [] {
    Json all = Json::parse(unwrapped(kMcpToolsText));
    for (Json& tool : all)
      tool["annotations"] = {{"readOnlyHint", true},
                             {"destructiveHint", false},
                             {"idempotentHint", true},
                             {"openWorldHint", false}};
    return all;
  }();
  return tools;
}

bool McpTools::has(std::string_view name) {
  return std::ranges::find(entries(), name, &Entry::name) != entries().end();
}

Result<std::string> McpTools::call(std::string_view name, const Tenant& tenant,
                                   const Json& arguments) {
  auto found = std::ranges::find(entries(), name, &Entry::name);
  if (found == entries().end()) return fail(Code::kNotFound, "there is no tool {}", name);
  McpArguments read(arguments);
  return (this->*found->tool)(tenant, read);
}

Result<std::string> McpTools::search_traces(const Tenant& tenant, McpArguments& arguments) {
  store::Filter filter;
  filter.service = arguments.text("service");
  filter.operation = arguments.text("operation");
  if (arguments.flag("error")) filter.tags.push_back({"error", "true"});
  filter.min_duration = arguments.duration("min_duration");
  for (auto& [key, value] : arguments.texts_by_name("attributes"))
    filter.tags.push_back({key, value});
  std::vector<std::string> where = arguments.texts("where");
  size_t limit = arguments.whole("limit", 20, 1, 100);
  auto range = time_range(arguments, clock_.now());
  if (!range) return std::unexpected(range.error());
  filter.start_min = range->from;
  filter.start_max = range->to;
  for (const std::string& text : where) {
    auto condition = store::Condition::parse(text);
    if (!condition)
      return fail(Code::kInvalid, "where: \"{}\": {}", text, condition.error().message);
    filter.conditions.push_back(*std::move(condition));
  }
  auto found = engine_.search(tenant, filter, limit);
  if (!found) return std::unexpected(found.error());
  BoundedText out;
  out.line(fmt::format("{} traces from {}, the newest first:", found->traces.size(),
                       range_text(*range)));
  for (const query::TraceSummary& trace : found->traces) out.line(line_of(trace));
  if (found->next) out.line("[there are more: raise limit, or set until to before the last]");
  if (!found->complete) out.line(kIncomplete);
  return out.take("lower limit or ask for less");
}

Result<std::string> McpTools::get_trace(const Tenant& tenant, McpArguments& arguments) {
  std::string text = arguments.text("trace_id");
  size_t most = arguments.whole("max_spans", 100, 1, 500);
  if (auto done = arguments.done(); !done) return std::unexpected(done.error());
  auto id = parse_trace_id(text);
  if (!id) return fail(Code::kInvalid, "trace_id: {}", id.error().message);
  auto found = engine_.trace(tenant, *id);
  if (!found) return std::unexpected(found.error());
  return mcp_trace_text(found->spans, found->complete, most);
}

Result<std::string> McpTools::list_services(const Tenant& tenant, McpArguments& arguments) {
  std::string part = arguments.text("contains");
  if (auto done = arguments.done(); !done) return std::unexpected(done.error());
  BoundedText out;
  for (const std::string& name : engine_.services(tenant))
    if (name.find(part) != name.npos) out.line(name);
  std::string text = out.take("set contains");
  return text.empty() ? "no services" : text;
}

Result<std::string> McpTools::list_operations(const Tenant& tenant, McpArguments& arguments) {
  std::string service = arguments.text("service"), part = arguments.text("contains");
  if (auto done = arguments.done(); !done) return std::unexpected(done.error());
  if (service.empty()) return fail(Code::kInvalid, "service: is missing");
  BoundedText out;
  for (const store::Operation& operation : engine_.operations(tenant, service))
    if (operation.name.find(part) != std::string::npos)
      out.line(fmt::format("{} [{}]", operation.name, name_of(operation.kind)));
  std::string text = out.take("set contains");
  return text.empty() ? fmt::format("{} has no such operations; see list_services", service) : text;
}

Result<std::string> McpTools::get_dependencies(const Tenant& tenant, McpArguments& arguments) {
  std::string service = arguments.text("service");
  auto range = time_range(arguments, clock_.now());
  if (!range) return std::unexpected(range.error());
  std::chrono::milliseconds back((range->to - range->from) / kNanosPerMilli);
  auto found = engine_.dependencies(tenant, range->to, back);
  std::ranges::stable_sort(found.dependencies, std::ranges::greater(),
                           &query::Dependency::call_count);
  BoundedText out;
  out.line(
      fmt::format("calls between services from {}, the most frequent first:", range_text(*range)));
  for (const query::Dependency& link : found.dependencies) {
    if (!service.empty() && link.parent != service && link.child != service) continue;
    out.line(fmt::format("{} -> {}: {} calls, {} failed", shortened(link.parent, kMostNameBytes),
                         shortened(link.child, kMostNameBytes), link.call_count, link.error_count));
  }
  if (!found.complete) out.line(kIncomplete);
  return out.take("set service");
}

Result<std::string> McpTools::find_error_roots(const Tenant& tenant, McpArguments& arguments) {
  store::Filter filter;
  filter.service = arguments.text("service");
  filter.tags.push_back({"error", "true"});
  size_t most = arguments.whole("max_traces", 200, 1, 1000);
  auto range = time_range(arguments, clock_.now());
  if (!range) return std::unexpected(range.error());
  filter.start_min = range->from;
  filter.start_max = range->to;
  query::ErrorRootCounter counter;
  std::optional<store::FoundTrace> after;
  bool complete = true;
  size_t looked_at = 0;
  // The engine bounds each search; a day's worth of them would still keep the thread.
  UnixNanos until = clock_.now() + static_cast<UnixNanos>(
                                       std::chrono::nanoseconds(limits::kQueryDeadline).count());
  do {
    size_t page = std::min(kTracesAtOnce, most - looked_at);
    auto found = engine_.search_traces(tenant, filter, page, after);
    if (!found) return std::unexpected(found.error());
    for (const otlp::Batch& trace : found->traces) counter.add(trace);
    looked_at += found->traces.size();
    complete &= found->complete;
    after = found->next;
  } while (after && complete && looked_at < most && clock_.now() < until);
  BoundedText out;
  out.line(fmt::format("{} traces with errors from {}{}:", counter.traces(), range_text(*range),
                       after ? ", the newest of more" : ""));
  for (const query::ErrorRoots& group : counter.result()) {
    std::string ids;
    for (const TraceId& id : group.example_ids) ids += " " + id.hex();
    out.line(fmt::format(
        "{} x {}: {} {}{}; traces:{}", group.traces, shortened(group.service, kMostNameBytes),
        shortened(group.operation, kMostNameBytes), shortened(group.outcome, kMostNameBytes),
        group.example_text.empty() ? ""
                                   : " \"" + shortened(group.example_text, kMostNameBytes) + "\"",
        ids));
  }
  if (!complete) out.line(kIncomplete);
  return out.take("set service or a shorter time");
}

}  // namespace clew::api
