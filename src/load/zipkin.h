// The workload's requests in Zipkin's formats.
#pragma once

#include <string>

namespace clew::load {

/// The spans of `request`, a serialized ExportTraceServiceRequest of the workload, as a Zipkin v2
/// JSON array. Source: openzipkin's zipkin2-api.yaml, and OpenTelemetry's mapping to Zipkin.
std::string zipkin_json(std::string request);
/// The same in Zipkin's protobuf.
std::string zipkin_proto(std::string request);

}  // namespace clew::load
