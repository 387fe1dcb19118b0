// The requests of Jaeger's gRPC query services, read from protobuf.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/jaeger_v3_query.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"

namespace clew::api {

/// Which service's messages: they differ little. Their numbers and meanings are those of jaeger-idl
/// v0.14: proto/api_v2/query.proto, api_v3/query_service.proto, storage/v2/trace_storage.proto.
enum class JaegerDialect {
  kApiV2,    // the start is a range with its end; no filter
  kApiV3,    // the end is exclusive; the range is required
  kStorage,  // as kApiV2, and attributes have types, filter and pagination other numbers
};

/// A FindTracesRequest or FindTraceSummariesRequest. kInvalid
/// with the name of the field; kMalformed for bytes that are no such message.
Result<JaegerV3Query> read_find_request(std::string_view request, JaegerDialect dialect);

struct JaegerTraceRequest {
  TraceId id;
  bool raw = false;  // spans as they were stored, without adjustments
};
/// A GetTraceRequest or GetTraceParams (the ID in hex in api_v3, else as bytes).
Result<JaegerTraceRequest> read_trace_request(std::string_view request, JaegerDialect dialect);

/// The IDs of the storage API's GetTracesRequest, as they come.
Result<std::vector<TraceId>> read_traces_request(std::string_view request);

struct JaegerOperationsRequest {
  std::string service;
  std::optional<otlp::SpanKind> kind;
};
Result<JaegerOperationsRequest> read_operations_request(std::string_view request);

struct JaegerTimeRange {
  UnixNanos start, end;
};
/// A GetDependenciesRequest. Both ends are required, the second after the first.
Result<JaegerTimeRange> read_dependencies_request(std::string_view request);

}  // namespace clew::api
