// What Tempo's clients put into URLs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/http_message.h"
#include "query/traceql/ast.h"
#include "store/filter.h"

namespace clew::api {

/// A search as /api/search takes it: in TraceQL, or by `tags` in logfmt:
/// `service.name=shop http.status_code=503`.
struct TempoSearch {
  std::string query;     // TraceQL; empty: by tags
  store::Filter filter;  // of tags; its times and durations of the trace are asked with both
  size_t limit = 20;
  size_t spans_per_spanset = 3;  // 0: all
};

/// Reads q or tags (not both), minDuration and maxDuration (of the trace), start, end (seconds
/// since 1970), limit and spss. The tag `name` is the span's name, `status.code` its status.
/// kInvalid names the parameter.
Result<TempoSearch> parse_tempo_search(const net::HttpRequest& request);

/// Of which spans tags or values are listed, and how many.
struct TempoNames {
  std::string query;  // TraceQL (see tempo_filter.h); empty: of all spans
  UnixNanos start_min = 0, start_max = UINT64_MAX;  // inclusive; looked at where spans are read
  size_t limit = SIZE_MAX;                          // of tags: for each scope
};

/// Reads q, start, end and limit, which is `limit` if it is absent.
Result<TempoNames> parse_tempo_names(const net::HttpRequest& request, size_t limit);

/// Adds one of the tags of a search.
Result<void> add_tempo_tag(store::Tag tag, store::Filter& filter);

/// From seconds since 1970, both or none of them, to nanoseconds. kInvalid if they are no range.
Result<void> set_tempo_times(std::optional<uint64_t> start, std::optional<uint64_t> end,
                             UnixNanos& start_min, UnixNanos& start_max);

/// Reads `key=value key2="quoted \"value\""`, at most limits::kTagsPerQuery of them; kInvalid names
/// the column. Source: the logfmt of github.com/go-logfmt/logfmt.
Result<std::vector<store::Tag>> parse_logfmt(std::string_view text);

/// Reads `name`, `span:name`, `.http.method`, `span.http.method`, `resource."a b"`; kInvalid if it
/// is none of TraceQL's names.
Result<query::traceql::Field> parse_tempo_tag(std::string_view text);

/// The fields of TraceQL that are not attributes, sorted.
const std::vector<std::string_view>& tempo_intrinsics();

}  // namespace clew::api
