#include "api/clew_query.h"

#include <absl/strings/match.h>

#include "api/params.h"
#include "query/page_token.h"

namespace clew::api {
namespace {

using net::HttpRequest;

Result<void> add_tags(const HttpRequest& request, store::Filter& filter) {
  for (std::string_view tag : request.query_params("tag")) {
    size_t equals = tag.find('=');
    if (equals == std::string_view::npos || equals == 0)
      return fail(Code::kInvalid, "tag: \"{}\" is not of the form key=value", tag);
    filter.tags.push_back(
        {std::string(tag.substr(0, equals)), std::string(tag.substr(equals + 1))});
  }
  return {};
}

Result<void> add_conditions(const HttpRequest& request, store::Filter& filter) {
  for (std::string_view text : request.query_params("where")) {
    if (text.empty()) continue;
    auto wrong = [&](const Error& error) {
      return bad_param("where", fmt::format("\"{}\": {}", text, error.message));
    };
    auto condition = store::Condition::parse(text);
    if (!condition) return wrong(condition.error());
    // The engine compiles it again; only here it is known from which parameter it came.
    auto test = store::ValueTest::compile(*condition);
    if (!test) return wrong(test.error());
    filter.conditions.push_back(*std::move(condition));
  }
  return {};
}

Result<void> set_status(const HttpRequest& request, store::Filter& filter) {
  std::string_view text = text_param(request, "status");
  if (text.empty()) return {};
  using enum otlp::StatusCode;
  for (otlp::StatusCode code : {kUnset, kOk, kError}) {
    std::string_view name = name_of(code);
    if (absl::EqualsIgnoreCase({text.data(), text.size()}, {name.data(), name.size()}))
      filter.status = code;
  }
  if (filter.status) return {};
  return bad_param("status", fmt::format("\"{}\" is none of unset, ok and error", text));
}

Result<void> set_times(const HttpRequest& request, store::Filter& filter) {
  auto start = micros_param(request, "start");
  if (!start) return std::unexpected(start.error());
  auto end = micros_param(request, "end");
  if (!end) return std::unexpected(end.error());
  filter.start_min = start->value_or(0);
  if (*end) filter.start_max = end_of_micro(**end);
  if (filter.start_max < filter.start_min) return fail(Code::kInvalid, "'end' is before 'start'");
  return {};
}

Result<void> set_page(const HttpRequest& request, ClewQuery& query) {
  auto limit = limit_param(request, query.limit);
  if (!limit) return std::unexpected(limit.error());
  query.limit = *limit;
  std::string_view token = text_param(request, "pageToken");
  if (token.empty()) return {};
  auto after = query::decode_page_token(token);
  if (!after) return bad_param("pageToken", after.error().message);
  query.after = *after;
  return {};
}

}  // namespace

Result<ClewQuery> parse_clew_query(const HttpRequest& request) {
  ClewQuery query;
  store::Filter& filter = query.filter;
  filter.service = text_param(request, "service");
  filter.operation = text_param(request, "operation");
  auto read = in_order(
      [&] { return add_tags(request, filter); }, [&] { return add_conditions(request, filter); },
      [&] { return set_status(request, filter); }, [&] { return read_durations(request, filter); },
      [&] { return read_trace_durations(request, filter); },
      [&] { return set_times(request, filter); }, [&] { return set_page(request, query); });
  if (!read) return std::unexpected(read.error());
  return query;
}

Result<std::optional<store::AttributeScope>> scope_param(const HttpRequest& request) {
  std::string_view text = text_param(request, "scope");
  if (text.empty()) return std::nullopt;
  auto scope = store::scope_named(text);
  if (!scope)
    return bad_param("scope",
                     fmt::format("\"{}\" is none of resource, scope, span and event", text));
  return scope;
}

}  // namespace clew::api
