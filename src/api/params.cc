#include "api/params.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/duration.h"

namespace clew::api {
namespace {

constexpr uint64_t kNanosPerMicro = 1000;

/// The parameter as a Go duration in nanoseconds; nullopt if it is absent or empty.
Result<std::optional<uint64_t>> duration_param(const net::HttpRequest& request,
                                               std::string_view name) {
  std::string_view text = text_param(request, name);
  if (text.empty()) return std::nullopt;
  auto duration = parse_duration(text);
  if (!duration) return bad_param(name, duration.error().message);
  return *duration;
}

}  // namespace

Result<void> read_range(const net::HttpRequest& request, std::string_view least_name,
                        std::string_view most_name, std::optional<uint64_t>& least,
                        std::optional<uint64_t>& most) {
  auto from = duration_param(request, least_name);
  if (!from) return std::unexpected(from.error());
  auto to = duration_param(request, most_name);
  if (!to) return std::unexpected(to.error());
  if (*from && *to && **to < **from)
    return fail(Code::kInvalid, "'{}' should be greater than '{}'", most_name, least_name);
  least = *from;
  most = *to;
  return {};
}

std::unexpected<Error> bad_param(std::string_view name, std::string_view why) {
  return fail(Code::kInvalid, "unable to parse param '{}': {}", name, why);
}

std::string_view text_param(const net::HttpRequest& request, std::string_view name) {
  return request.query_param(name).value_or(std::string_view());
}

Result<std::optional<uint64_t>> number_param(const net::HttpRequest& request,
                                             std::string_view name) {
  std::string_view text = text_param(request, name);
  if (text.empty()) return std::nullopt;
  uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    return bad_param(name, fmt::format("\"{}\" is not a whole number", text));
  return number;
}

Result<size_t> limit_param(const net::HttpRequest& request, size_t otherwise) {
  auto limit = number_param(request, "limit");
  if (!limit) return std::unexpected(limit.error());
  if (*limit && **limit == 0) return bad_param("limit", "it must be at least 1");
  return limit->value_or(otherwise);
}

Result<std::optional<UnixNanos>> micros_param(const net::HttpRequest& request,
                                              std::string_view name) {
  auto micros = number_param(request, name);
  if (!micros || !*micros) return micros;
  if (**micros > UINT64_MAX / kNanosPerMicro - 1)
    return bad_param(name, "it is a time in microseconds since 1970");
  return **micros * kNanosPerMicro;
}

Result<void> read_durations(const net::HttpRequest& request, store::Filter& filter) {
  return read_range(request, "minDuration", "maxDuration", filter.min_duration,
                    filter.max_duration);
}

Result<void> read_trace_durations(const net::HttpRequest& request, store::Filter& filter) {
  return read_range(request, "minTraceDuration", "maxTraceDuration", filter.min_trace_duration,
                    filter.max_trace_duration);
}

std::optional<bool> parse_bool(std::string_view text) {
  constexpr std::array kTrue = {"1", "t", "T", "true", "TRUE", "True"};
  constexpr std::array kFalse = {"0", "f", "F", "false", "FALSE", "False"};
  if (std::ranges::find(kTrue, text) != kTrue.end()) return true;
  if (std::ranges::find(kFalse, text) != kFalse.end()) return false;
  return std::nullopt;
}

Result<TraceId> parse_trace_id(std::string_view text) {
  auto id = TraceId::from_hex(text);
  if (!id) return fail(Code::kInvalid, "\"{}\" is not a trace ID: 1 to 32 hex digits", text);
  return *id;
}

Result<Tenant> tenant_of(const net::HttpRequest& request) {
  return Tenant::parse(request.header("X-Scope-OrgID"));
}

}  // namespace clew::api
