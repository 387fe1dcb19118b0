#include "api/params.h"

#include <charconv>

#include "base/duration.h"

namespace clew::api {
namespace {

constexpr uint64_t kNanosPerMicro = 1000;

std::unexpected<Error> bad_param(std::string_view name, std::string_view why) {
  return fail(Code::kInvalid, "unable to parse param '{}': {}", name, why);
}

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
  auto least = duration_param(request, "minDuration");
  if (!least) return std::unexpected(least.error());
  auto most = duration_param(request, "maxDuration");
  if (!most) return std::unexpected(most.error());
  if (*least && *most && **most < **least)
    return fail(Code::kInvalid, "'maxDuration' should be greater than 'minDuration'");
  filter.min_duration = *least;
  filter.max_duration = *most;
  return {};
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
