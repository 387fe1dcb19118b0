// TraceQL's metrics as Tempo's clients ask for them: /api/metrics/query_range and
// /api/metrics/query.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/tenant.h"
#include "net/http_message.h"
#include "query/engine.h"

namespace clew::api {

struct TempoMetrics {
  std::string query;
  UnixNanos start = 0, end = 0;
  uint64_t step = 0;                       // nanoseconds; 0: chosen by the length of the range
  std::optional<uint64_t> exemplars = {};  // of all series together; unset: as the query says
};

/// As many exemplars are given at most, as by Tempo.
inline constexpr uint64_t kMostTempoExemplars = 100;

/// Reads q, start and end (seconds or nanoseconds since 1970, or RFC 3339), since (so long until
/// `end`; 1 h), step (a duration, or seconds) and exemplars. kInvalid names the parameter.
Result<TempoMetrics> parse_tempo_metrics(const net::HttpRequest& request, UnixNanos now);

/// Reads a QueryRangeRequest or QueryInstantRequest, whose times are nanoseconds.
Result<TempoMetrics> read_tempo_metrics(std::string_view message, UnixNanos now);

/// A step that makes 250 points at most and at least one: 1s, 2s, 5s, …, 1h, …, days.
uint64_t tempo_step(UnixNanos start, UnixNanos end);

/// What there is to answer, with the times of its points.
struct TempoMetricsAnswer {
  query::traceql::Timeline timeline;
  query::traceql::MetricsAnswer answer;
};

/// kInvalid for wrong TraceQL, or one without metrics, or too many points.
Result<TempoMetricsAnswer> ask_tempo_range(query::Engine& engine, const Tenant& tenant,
                                           const TempoMetrics& asked);
Result<TempoMetricsAnswer> ask_tempo_instant(query::Engine& engine, const Tenant& tenant,
                                             const TempoMetrics& asked);

}  // namespace clew::api
