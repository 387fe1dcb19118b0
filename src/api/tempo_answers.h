// The messages of Tempo's API (pkg/tempopb/tempo.proto), in JSON and in protobuf.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/otlp_stream.h"
#include "api/tempo_metrics.h"
#include "api/tempo_tags.h"
#include "query/traceql/search.h"

namespace clew::api {

enum class TempoForm { kJson, kProtobuf };

/// A Trace: what /api/traces/{id} gives. It cannot say that it is not complete.
OtlpAnswerForm tempo_trace(TempoForm form);
/// A TraceByIDResponse: what /api/v2/traces/{id} gives. Not complete: its status is PARTIAL.
OtlpAnswerForm tempo_trace_v2(TempoForm form);
/// The same around a serialized Trace.
std::string tempo_trace_v2(std::string_view trace, bool complete, TempoForm form);

/// A SearchResponse.
std::string tempo_search(std::span<const query::traceql::FoundTrace> traces,
                         const query::traceql::SearchEnd& end, TempoForm form);
/// A SearchResponse in protobuf of a search that goes on: one more trace.
std::string tempo_search_progress(const query::traceql::FoundTrace& trace);

/// A QueryRangeResponse.
std::string tempo_range(const TempoMetricsAnswer& found, TempoForm form);
/// A QueryInstantResponse.
std::string tempo_instant(const TempoMetricsAnswer& found, TempoForm form);

/// A SearchTagsResponse: the names of all scopes together.
std::string tempo_tags(const TempoTags& tags, TempoForm form);
/// A SearchTagsV2Response: names by scope.
std::string tempo_tags_v2(const TempoTags& tags, TempoForm form);

/// A SearchTagValuesResponse: values alone.
std::string tempo_values(const TempoValues& values, TempoForm form);
/// A SearchTagValuesV2Response.
std::string tempo_values_v2(const TempoValues& values, TempoForm form);

}  // namespace clew::api
