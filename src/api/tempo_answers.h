// The messages of Tempo's API (pkg/tempopb/tempo.proto), in JSON and in protobuf.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "otlp/batch.h"
#include "query/summary.h"
#include "store/store.h"

namespace clew::api {

enum class TempoForm { kJson, kProtobuf };

/// A Trace: what /api/traces/{id} gives.
std::string tempo_trace(const otlp::Batch& trace, TempoForm form);
/// A TraceByIDResponse: what /api/v2/traces/{id} gives; null: there is no such trace. Not
/// `complete`: its status is PARTIAL.
std::string tempo_trace_v2(const otlp::Batch* trace, bool complete, TempoForm form);

/// A SearchResponse.
std::string tempo_search(const std::vector<query::TraceSummary>& traces, TempoForm form);

/// A SearchTagsResponse.
std::string tempo_tags(const std::vector<std::string>& names, TempoForm form);
/// A SearchTagsV2Response: names by scope.
std::string tempo_tags_v2(
    const std::vector<std::pair<std::string_view, std::vector<std::string>>>& scopes,
    TempoForm form);

/// A value and its type: "string", "int", "float", "bool" or "keyword".
struct TempoValue {
  std::string_view type;
  std::string value;
};
/// A SearchTagValuesResponse: values alone.
std::string tempo_values(const std::vector<TempoValue>& values, TempoForm form);
/// A SearchTagValuesV2Response.
std::string tempo_values_v2(const std::vector<TempoValue>& values, TempoForm form);

}  // namespace clew::api
