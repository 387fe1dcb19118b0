// TraceQL in Clew's own API: `GET /api/clew/v1/search?q=` and `GET /api/clew/v1/metrics`.
#pragma once

#include "base/tenant.h"
#include "net/http_message.h"
#include "query/engine.h"

namespace clew::api {

/// What a search with `q` answers, drawn in docs/api.md. Beside `q` it takes start, end
/// (microseconds, of a span that the query names), minTraceDuration, maxTraceDuration, spans (of
/// each trace), limit and pageToken. kInvalid names the parameter; for TraceQL also the column.
Result<net::HttpResponse> search_with_traceql(query::Engine& engine, const Tenant& tenant,
                                              const net::HttpRequest& request);

/// What `GET /api/clew/v1/metrics` answers: takes q (TraceQL with metrics), start, end
/// (microseconds; the last hour), step (a duration), instant and exemplars. kInvalid as above.
Result<net::HttpResponse> clew_metrics(query::Engine& engine, const Tenant& tenant,
                                       const net::HttpRequest& request);

}  // namespace clew::api
