#include "api/jaeger_v3_query.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "api/jaeger_filter.h"
#include "api/params.h"
#include "base/duration.h"
#include "base/time_text.h"
#include "query/page_token.h"

namespace clew::api {
namespace {

using net::HttpRequest;

/// A whole number of at least 1; nullopt if it is absent.
Result<std::optional<size_t>> count_param(const NamedParam& param) {
  if (param.text.empty()) return std::nullopt;
  uint32_t number = 0;
  const char* end = param.text.data() + param.text.size();
  auto [stop, error] = std::from_chars(param.text.data(), end, number);
  if (error != std::errc() || stop != end)
    return malformed_param(param.name, fmt::format("\"{}\" is not a whole number", param.text));
  if (number == 0) return malformed_param(param.name, "it must be at least 1");
  return number;
}

Result<std::optional<uint64_t>> duration_param(const NamedParam& param) {
  if (param.text.empty()) return std::nullopt;
  auto duration = parse_duration(param.text);
  if (!duration) return malformed_param(param.name, duration.error().message);
  return *duration;
}

Result<void> add_attributes(const HttpRequest& request, store::Filter& filter) {
  constexpr std::string_view kName = "query.attributes";
  std::string_view text = text_param(request, kName);
  if (text.empty()) return {};
  auto attributes = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!attributes.is_object())
    return malformed_param(kName, fmt::format("\"{}\" is not a JSON object of strings", text));
  for (const auto& [key, value] : attributes.items()) {
    if (!value.is_string())
      return malformed_param(kName, fmt::format("the value of \"{}\" is no string", key));
    filter.tags.push_back({key, value.get<std::string>()});
  }
  return {};
}

Result<void> set_times(const HttpRequest& request, store::Filter& filter) {
  NamedParam least = either_param(request, "query.startTimeMin", "query.start_time_min");
  NamedParam most = either_param(request, "query.startTimeMax", "query.start_time_max");
  if (least.text.empty() || most.text.empty())
    return fail(Code::kInvalid, "query.startTimeMin and query.startTimeMax are required");
  auto start = time_param(least);
  if (!start) return std::unexpected(start.error());
  auto end = time_param(most);
  if (!end) return std::unexpected(end.error());
  if (**end <= **start)
    return malformed_param(most.name, fmt::format("it must be after {}", least.name));
  filter.start_min = **start;
  filter.start_max = **end - 1;
  return {};
}

Result<void> set_durations(const HttpRequest& request, store::Filter& filter) {
  NamedParam least = either_param(request, "query.durationMin", "query.duration_min");
  NamedParam most = either_param(request, "query.durationMax", "query.duration_max");
  auto shortest = duration_param(least);
  if (!shortest) return std::unexpected(shortest.error());
  auto longest = duration_param(most);
  if (!longest) return std::unexpected(longest.error());
  if (*shortest && *longest && **longest < **shortest)
    return malformed_param(most.name, fmt::format("it is less than {}", least.name));
  filter.min_duration = *shortest;
  filter.max_duration = *longest;
  return {};
}

Result<void> set_page(const HttpRequest& request, JaegerV3Query& query) {
  NamedParam depth = either_param(request, "query.searchDepth", "query.search_depth");
  if (depth.text.empty())
    if (auto old = text_param(request, "query.num_traces"); !old.empty())
      depth = {"query.num_traces", old};
  NamedParam size =
      either_param(request, "query.pagination.pageSize", "query.pagination.page_size");
  NamedParam token =
      either_param(request, "query.pagination.pageToken", "query.pagination.page_token");
  if (!depth.text.empty() && (!size.text.empty() || !token.text.empty()))
    return fail(Code::kInvalid, "{} does not go with {}: give one", depth.name,
                size.text.empty() ? token.name : size.name);
  auto limit = count_param(size.text.empty() ? depth : size);
  if (!limit) return std::unexpected(limit.error());
  query.limit = limit->value_or(query.limit);
  if (token.text.empty()) return {};
  auto after = query::decode_page_token(token.text);
  if (!after) return malformed_param(token.name, after.error().message);
  query.after = *after;
  return {};
}

/// After the other parameters have been read, with some of which it does not go.
Result<void> set_where(const HttpRequest& request, JaegerV3Query& query) {
  constexpr std::string_view kName = "query.filter";
  std::string_view text = text_param(request, kName);
  if (text.empty()) return {};
  const store::Filter& filter = query.filter;
  if (!filter.service.empty() || !filter.operation.empty() || !filter.tags.empty() ||
      filter.min_duration || filter.max_duration)
    return fail(Code::kInvalid,
                "query.filter does not go with query.serviceName, .operationName, .attributes, "
                ".durationMin and .durationMax: say it all in the filter");
  auto call = parse_jaeger_filter(text);
  if (!call) return malformed_param(kName, call.error().message);
  auto predicate = query::SpanPredicate::compile(*call);
  if (!predicate) return malformed_param(kName, predicate.error().message);
  query.where = *std::move(predicate);
  return {};
}

Result<void> set_raw(const HttpRequest& request, JaegerV3Query& query) {
  auto raw = bool_param(either_param(request, "query.rawTraces", "query.raw_traces"));
  if (!raw) return std::unexpected(raw.error());
  query.raw = *raw;
  return {};
}

}  // namespace

NamedParam either_param(const HttpRequest& request, std::string_view camel,
                        std::string_view snake) {
  if (auto text = text_param(request, camel); !text.empty()) return {camel, text};
  if (auto text = text_param(request, snake); !text.empty()) return {snake, text};
  return {camel, {}};
}

std::unexpected<Error> malformed_param(std::string_view name, std::string_view why) {
  return fail(Code::kInvalid, "malformed parameter {}: {}", name, why);
}

Result<std::optional<UnixNanos>> time_param(const NamedParam& param) {
  if (param.text.empty()) return std::nullopt;
  auto time = parse_rfc3339(param.text);
  if (!time) return malformed_param(param.name, time.error().message);
  return *time;
}

Result<bool> bool_param(const NamedParam& param) {
  if (param.text.empty()) return false;
  if (auto value = parse_bool(param.text)) return *value;
  return malformed_param(param.name, fmt::format("\"{}\" is neither true nor false", param.text));
}

Result<JaegerV3Query> parse_jaeger_v3_query(const HttpRequest& request) {
  JaegerV3Query query;
  store::Filter& filter = query.filter;
  filter.service = either_param(request, "query.serviceName", "query.service_name").text;
  filter.operation = either_param(request, "query.operationName", "query.operation_name").text;
  auto read = in_order(
      [&] { return set_times(request, filter); }, [&] { return set_durations(request, filter); },
      [&] { return add_attributes(request, filter); }, [&] { return set_page(request, query); },
      [&] { return set_raw(request, query); });
  if (!read) return std::unexpected(read.error());
  if (auto filtered = set_where(request, query); !filtered)
    return std::unexpected(filtered.error());
  return query;
}

Result<query::SearchResult> search_summaries(query::Engine& engine, const Tenant& tenant,
                                             const JaegerV3Query& query) {
  if (query.where)
    return engine.search_where(tenant, query.filter, *query.where, query.limit, query.after);
  return engine.search(tenant, query.filter, query.limit, query.after);
}

Result<query::TracesResult> search_spans(query::Engine& engine, const Tenant& tenant,
                                         const JaegerV3Query& query) {
  if (query.where)
    return engine.search_traces_where(tenant, query.filter, *query.where, query.limit, query.after);
  return engine.search_traces(tenant, query.filter, query.limit, query.after);
}

}  // namespace clew::api
