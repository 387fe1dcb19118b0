// The parameters of Zipkin's `GET /api/v2/traces` and its relatives.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "net/http_message.h"
#include "store/filter.h"

namespace clew::api {

/// What the parameter annotationQuery asks for, all of it.
struct AnnotationQuery {
  std::vector<store::Tag> tags;    // `key=value`
  std::vector<std::string> words;  // an annotation with this value, or a tag with this key

  bool operator==(const AnnotationQuery&) const = default;
};

/// Reads `error and http.method=GET`: terms with " and " between them. Text before the first `=` of
/// a term is a key; without a value it is a word. Of several terms with one key the last that has
/// a value counts. kInvalid past limits::kTagsPerQuery terms.
/// Source: zipkin2.storage.QueryRequest.Builder.parseAnnotationQuery.
Result<AnnotationQuery> parse_annotation_query(std::string_view text);

/// In nanoseconds, both inclusive.
struct ZipkinRange {
  UnixNanos start = 0, end = 0;
};

struct ZipkinQuery {
  std::string service, remote_service, span_name;  // without capitals; empty: any
  AnnotationQuery annotations;
  std::optional<uint64_t> min_duration, max_duration;  // µs
  ZipkinRange range;
  size_t limit = 10;
};

/// Reads serviceName, remoteServiceName, spanName, annotationQuery, minDuration, maxDuration (µs),
/// endTs (ms, else `now`), lookback (ms, else a day) and limit. kInvalid names what is wrong.
Result<ZipkinQuery> parse_zipkin_query(const net::HttpRequest& request, UnixNanos now);

/// Reads endTs (ms), which is required here, and lookback (ms, else a day).
Result<ZipkinRange> parse_zipkin_range(const net::HttpRequest& request);

/// 1 to 32 lower-case hex digits, or kInvalid.
Result<TraceId> parse_zipkin_trace_id(std::string_view text);

/// Reads traceIds: two or more with commas between them, none twice.
Result<std::vector<TraceId>> parse_zipkin_trace_ids(const net::HttpRequest& request);

/// The parameter; kInvalid if there is none. It may be empty.
Result<std::string_view> required_zipkin_param(const net::HttpRequest& request,
                                               std::string_view name);

}  // namespace clew::api
