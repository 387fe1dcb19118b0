// Reading what clients put into URLs, and answering them. Errors name the parameter.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/tenant.h"
#include "net/http_message.h"
#include "store/filter.h"

namespace clew::api {

/// The parameter's text; empty if it is absent.
std::string_view text_param(const net::HttpRequest& request, std::string_view name);

/// The parameter as a whole number of at least 0; nullopt if it is absent or empty.
Result<std::optional<uint64_t>> number_param(const net::HttpRequest& request,
                                             std::string_view name);

/// The parameter `limit`, at least 1; `otherwise` if it is absent.
Result<size_t> limit_param(const net::HttpRequest& request, size_t otherwise);

/// The parameter, a time in microseconds since 1970, in nanoseconds; nullopt if it is absent.
Result<std::optional<UnixNanos>> micros_param(const net::HttpRequest& request,
                                              std::string_view name);

/// Reads two Go durations, a least and a most.
Result<void> read_range(const net::HttpRequest& request, std::string_view least_name,
                        std::string_view most_name, std::optional<uint64_t>& least,
                        std::optional<uint64_t>& most);

/// Reads minDuration and maxDuration, Go durations, into the filter.
Result<void> read_durations(const net::HttpRequest& request, store::Filter& filter);

/// The same for minTraceDuration and maxTraceDuration.
Result<void> read_trace_durations(const net::HttpRequest& request, store::Filter& filter);

/// kInvalid: the parameter is wrong, and why.
std::unexpected<Error> bad_param(std::string_view name, std::string_view why);

/// A time in microseconds names all the nanoseconds in it: the last of them.
inline constexpr UnixNanos end_of_micro(UnixNanos nanos) {
  return nanos + 999;
}

/// As Go's strconv.ParseBool reads it; nullopt for other words.
std::optional<bool> parse_bool(std::string_view text);

/// A trace ID in hex of up to 32 digits, or kInvalid.
Result<TraceId> parse_trace_id(std::string_view text);

/// The tenant of X-Scope-OrgID.
Result<Tenant> tenant_of(const net::HttpRequest& request);

}  // namespace clew::api
