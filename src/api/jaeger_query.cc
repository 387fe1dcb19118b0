#include "api/jaeger_query.h"

#include <absl/strings/escaping.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "api/params.h"

namespace clew::api {
namespace {

constexpr uint64_t kLookback = 48 * 3600ull * 1'000'000'000;

Result<void> add_tag_params(const net::HttpRequest& request, store::Filter& filter) {
  for (std::string_view text : request.query_params("tag")) {
    size_t colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0)
      return fail(Code::kInvalid, "malformed 'tag' parameter, expecting key:value, received: {}",
                  text);
    filter.tags.push_back(
        {std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))});
  }
  return {};
}

Result<void> add_tags_params(const net::HttpRequest& request, store::Filter& filter) {
  for (std::string_view text : request.query_params("tags")) {
    auto tags = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!tags.is_object())
      return fail(Code::kInvalid,
                  "malformed 'tags' parameter, expecting a JSON object of strings, received: {}",
                  text);
    for (const auto& [key, value] : tags.items()) {
      if (!value.is_string())
        return fail(Code::kInvalid, "malformed 'tags' parameter: the value of '{}' is no string",
                    key);
      filter.tags.push_back({key, value.get<std::string>()});
    }
  }
  return {};
}

Result<void> set_times(const net::HttpRequest& request, UnixNanos now, store::Filter& filter) {
  auto start = micros_param(request, "start");
  if (!start) return std::unexpected(start.error());
  auto end = micros_param(request, "end");
  if (!end) return std::unexpected(end.error());
  filter.start_max = *end ? end_of_micro(**end) : now;
  filter.start_min = start->value_or(filter.start_max - std::min(filter.start_max, kLookback));
  return {};
}

Result<void> set_limit(const net::HttpRequest& request, JaegerQuery& query) {
  auto limit = limit_param(request, query.limit);
  if (!limit) return std::unexpected(limit.error());
  query.limit = *limit;
  return {};
}

Result<void> set_raw(const net::HttpRequest& request, JaegerQuery& query) {
  auto raw = flag_param(request, "raw");
  if (!raw) return std::unexpected(raw.error());
  query.raw = *raw;
  return {};
}

Result<void> set_ids(const net::HttpRequest& request, JaegerQuery& query) {
  for (std::string_view text : request.query_params("traceID")) {
    auto id = parse_trace_id(text);
    if (!id) return fail(Code::kInvalid, "cannot parse traceID param: {}", id.error().message);
    query.trace_ids.push_back(*id);
  }
  return {};
}

/// Hex, or the base64 of the 16 or 8 bytes, as protobuf's JSON writes them. What could be either is
/// hex.
Result<TraceId> parse_any_trace_id(std::string_view text) {
  auto hex = TraceId::from_hex(text);
  if (hex) return *hex;
  std::string bytes;
  absl::string_view encoded(text.data(), text.size());
  bool decoded =
      absl::Base64Unescape(encoded, &bytes) || absl::WebSafeBase64Unescape(encoded, &bytes);
  if (decoded && bytes.size() == 8) bytes.insert(0, 8, '\0');
  if (auto id = decoded ? TraceId::from_raw(bytes) : std::nullopt; id && !id->is_zero()) return *id;
  return fail(Code::kInvalid,
              "\"{}\" is not a trace ID: 1 to 32 hex digits, or base64 of 16 or 8 bytes", text);
}

}  // namespace

Result<bool> flag_param(const net::HttpRequest& request, std::string_view name) {
  std::string_view text = text_param(request, name);
  if (text.empty()) return false;
  if (auto value = parse_bool(text)) return *value;
  return bad_param(name, fmt::format("\"{}\" is neither true nor false", text));
}

Result<JaegerTraceQuery> parse_jaeger_trace(const net::HttpRequest& request) {
  auto id = parse_any_trace_id(request.path_param("traceID"));
  if (!id) return std::unexpected(id.error());
  for (std::string_view name : {"start", "end"})
    if (auto time = micros_param(request, name); !time) return std::unexpected(time.error());
  auto raw = flag_param(request, "raw");
  if (!raw) return std::unexpected(raw.error());
  return JaegerTraceQuery{*id, *raw};
}

Result<otlp::SpanKind> parse_span_kind(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  for (int i = 0; i <= static_cast<int>(otlp::SpanKind::kConsumer); ++i)
    if (name_of(static_cast<otlp::SpanKind>(i)) == lower) return static_cast<otlp::SpanKind>(i);
  return fail(Code::kInvalid,
              "unsupported span kind: '{}' (use server, client, producer, consumer or internal)",
              text);
}

Result<JaegerQuery> parse_jaeger_query(const net::HttpRequest& request, UnixNanos now) {
  JaegerQuery query;
  store::Filter& filter = query.filter;
  filter.service = text_param(request, "service");
  filter.operation = text_param(request, "operation");
  if (auto kind = text_param(request, "spanKind"); !kind.empty()) {
    auto parsed = parse_span_kind(kind);
    if (!parsed) return std::unexpected(parsed.error());
    filter.kind = *parsed;
  }
  auto read = in_order(
      [&] { return set_ids(request, query); }, [&] { return set_times(request, now, filter); },
      [&] { return read_durations(request, filter); }, [&] { return set_limit(request, query); },
      [&] { return add_tag_params(request, filter); },
      [&] { return add_tags_params(request, filter); }, [&] { return set_raw(request, query); });
  if (!read) return std::unexpected(read.error());
  if (filter.service.empty() && query.trace_ids.empty())
    return fail(Code::kInvalid, "parameter 'service' is required");
  return query;
}

}  // namespace clew::api
