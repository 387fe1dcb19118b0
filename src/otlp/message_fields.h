// What OTLP's messages consist of, as data: for checking them and for reading their JSON.
// Source: opentelemetry/proto/{collector,trace,logs,metrics,resource,common}/**.proto, v1.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "otlp/fields.h"

namespace clew::otlp {

enum class Message : uint8_t {
  kNone,  // not a message: a string, bytes or a number
  kSpan,
  kEvent,
  kLink,
  kStatus,
  kResource,
  kEntityRef,
  kScope,
  kKeyValue,
  kAnyValue,
  kArrayValue,
  kKeyValueList,
  kTracesRequest,
  kResourceSpans,
  kScopeSpans,
  kLogsRequest,
  kResourceLogs,
  kScopeLogs,
  kLogRecord,
  kMetricsRequest,
  kResourceMetrics,
  kScopeMetrics,
  kMetric,
  kGauge,
  kSum,
  kHistogram,
  kExponentialHistogram,
  kSummary,
  kNumberPoint,
  kHistogramPoint,
  kExponentialHistogramPoint,
  kBuckets,
  kSummaryPoint,
  kQuantile,
  kExemplar,
};

inline constexpr size_t kMessages = static_cast<size_t>(Message::kExemplar) + 1;

enum class FieldType : uint8_t {
  kText,
  kBytes,
  kTraceId,  // bytes, hex in JSON
  kSpanId,
  kBool,
  kEnum,
  kInt64,
  kUint32,
  kUint64,
  kSint32,
  kFixed32,
  kFixed64,
  kSfixed64,
  kDouble,
  kMessage,
};

struct MessageField {
  fields::Tag tag = 0;
  std::string_view json_name;
  FieldType type = FieldType::kText;
  Message inside = Message::kNone;
  bool repeated = false;
  /// Of a oneof, or optional: it means something also with its default value.
  bool has_presence = false;
  std::span<const std::string_view> enum_names = {};  // by number, from 0
};

namespace message_detail {

using enum FieldType;

constexpr MessageField field(fields::Tag tag, std::string_view name, FieldType type) {
  return {.tag = tag, .json_name = name, .type = type};
}
constexpr MessageField list(fields::Tag tag, std::string_view name, FieldType type) {
  return {.tag = tag, .json_name = name, .type = type, .repeated = true};
}
constexpr MessageField choice(fields::Tag tag, std::string_view name, FieldType type) {
  return {.tag = tag, .json_name = name, .type = type, .has_presence = true};
}
constexpr MessageField message(fields::Tag tag, std::string_view name, Message inside) {
  return {.tag = tag, .json_name = name, .type = kMessage, .inside = inside};
}
constexpr MessageField messages(fields::Tag tag, std::string_view name, Message inside) {
  return {.tag = tag, .json_name = name, .type = kMessage, .inside = inside, .repeated = true};
}
constexpr MessageField enumeration(fields::Tag tag, std::string_view name,
                                   std::span<const std::string_view> names) {
  return {.tag = tag, .json_name = name, .type = kEnum, .enum_names = names};
}

inline constexpr std::string_view kSpanKinds[] = {"SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL",
                                                  "SPAN_KIND_SERVER",      "SPAN_KIND_CLIENT",
                                                  "SPAN_KIND_PRODUCER",    "SPAN_KIND_CONSUMER"};
inline constexpr std::string_view kStatusCodes[] = {"STATUS_CODE_UNSET", "STATUS_CODE_OK",
                                                    "STATUS_CODE_ERROR"};
inline constexpr std::string_view kTemporalities[] = {"AGGREGATION_TEMPORALITY_UNSPECIFIED",
                                                      "AGGREGATION_TEMPORALITY_DELTA",
                                                      "AGGREGATION_TEMPORALITY_CUMULATIVE"};
inline constexpr std::string_view kSeverities[] = {
    "SEVERITY_NUMBER_UNSPECIFIED", "SEVERITY_NUMBER_TRACE",  "SEVERITY_NUMBER_TRACE2",
    "SEVERITY_NUMBER_TRACE3",      "SEVERITY_NUMBER_TRACE4", "SEVERITY_NUMBER_DEBUG",
    "SEVERITY_NUMBER_DEBUG2",      "SEVERITY_NUMBER_DEBUG3", "SEVERITY_NUMBER_DEBUG4",
    "SEVERITY_NUMBER_INFO",        "SEVERITY_NUMBER_INFO2",  "SEVERITY_NUMBER_INFO3",
    "SEVERITY_NUMBER_INFO4",       "SEVERITY_NUMBER_WARN",   "SEVERITY_NUMBER_WARN2",
    "SEVERITY_NUMBER_WARN3",       "SEVERITY_NUMBER_WARN4",  "SEVERITY_NUMBER_ERROR",
    "SEVERITY_NUMBER_ERROR2",      "SEVERITY_NUMBER_ERROR3", "SEVERITY_NUMBER_ERROR4",
    "SEVERITY_NUMBER_FATAL",       "SEVERITY_NUMBER_FATAL2", "SEVERITY_NUMBER_FATAL3",
    "SEVERITY_NUMBER_FATAL4"};

namespace f = fields;

inline constexpr MessageField kAnyValueFields[] = {
    choice(f::any_value::kString, "stringValue", kText),
    choice(f::any_value::kBool, "boolValue", kBool),
    choice(f::any_value::kInt, "intValue", kInt64),
    choice(f::any_value::kDouble, "doubleValue", kDouble),
    message(f::any_value::kArray, "arrayValue", Message::kArrayValue),
    message(f::any_value::kMap, "kvlistValue", Message::kKeyValueList),
    choice(f::any_value::kBytes, "bytesValue", kBytes),
};
inline constexpr MessageField kArrayValueFields[] = {
    messages(f::values::kMember, "values", Message::kAnyValue),
};
inline constexpr MessageField kKeyValueListFields[] = {
    messages(f::values::kMember, "values", Message::kKeyValue),
};
inline constexpr MessageField kKeyValueFields[] = {
    field(f::key_value::kKey, "key", kText),
    message(f::key_value::kValue, "value", Message::kAnyValue),
};
inline constexpr MessageField kResourceFields[] = {
    messages(f::resource::kAttributes, "attributes", Message::kKeyValue),
    field(f::resource::kDroppedAttributes, "droppedAttributesCount", kUint32),
    messages(f::resource::kEntityRefs, "entityRefs", Message::kEntityRef),
};
inline constexpr MessageField kEntityRefFields[] = {
    field(f::entity_ref::kSchemaUrl, "schemaUrl", kText),
    field(f::entity_ref::kType, "type", kText),
    list(f::entity_ref::kIdKeys, "idKeys", kText),
    list(f::entity_ref::kDescriptionKeys, "descriptionKeys", kText),
};
inline constexpr MessageField kScopeFields[] = {
    field(f::scope::kName, "name", kText),
    field(f::scope::kVersion, "version", kText),
    messages(f::scope::kAttributes, "attributes", Message::kKeyValue),
    field(f::scope::kDroppedAttributes, "droppedAttributesCount", kUint32),
};

// Traces
inline constexpr MessageField kTracesRequestFields[] = {
    messages(f::request::kResourceSpans, "resourceSpans", Message::kResourceSpans),
};
inline constexpr MessageField kResourceSpansFields[] = {
    message(f::resource_spans::kResource, "resource", Message::kResource),
    messages(f::resource_spans::kScopeSpans, "scopeSpans", Message::kScopeSpans),
    field(f::resource_spans::kSchemaUrl, "schemaUrl", kText),
};
inline constexpr MessageField kScopeSpansFields[] = {
    message(f::scope_spans::kScope, "scope", Message::kScope),
    messages(f::scope_spans::kSpans, "spans", Message::kSpan),
    field(f::scope_spans::kSchemaUrl, "schemaUrl", kText),
};
inline constexpr MessageField kSpanFields[] = {
    field(f::span::kTraceId, "traceId", kTraceId),
    field(f::span::kSpanId, "spanId", kSpanId),
    field(f::span::kParentSpanId, "parentSpanId", kSpanId),
    field(f::span::kTraceState, "traceState", kText),
    field(f::span::kFlags, "flags", kFixed32),
    field(f::span::kName, "name", kText),
    enumeration(f::span::kKind, "kind", kSpanKinds),
    field(f::span::kStart, "startTimeUnixNano", kFixed64),
    field(f::span::kEnd, "endTimeUnixNano", kFixed64),
    messages(f::span::kAttributes, "attributes", Message::kKeyValue),
    field(f::span::kDroppedAttributes, "droppedAttributesCount", kUint32),
    messages(f::span::kEvents, "events", Message::kEvent),
    field(f::span::kDroppedEvents, "droppedEventsCount", kUint32),
    messages(f::span::kLinks, "links", Message::kLink),
    field(f::span::kDroppedLinks, "droppedLinksCount", kUint32),
    message(f::span::kStatus, "status", Message::kStatus),
};
inline constexpr MessageField kEventFields[] = {
    field(f::event::kTime, "timeUnixNano", kFixed64),
    field(f::event::kName, "name", kText),
    messages(f::event::kAttributes, "attributes", Message::kKeyValue),
    field(f::event::kDroppedAttributes, "droppedAttributesCount", kUint32),
};
inline constexpr MessageField kLinkFields[] = {
    field(f::link::kTraceId, "traceId", kTraceId),
    field(f::link::kSpanId, "spanId", kSpanId),
    field(f::link::kTraceState, "traceState", kText),
    messages(f::link::kAttributes, "attributes", Message::kKeyValue),
    field(f::link::kDroppedAttributes, "droppedAttributesCount", kUint32),
    field(f::link::kFlags, "flags", kFixed32),
};
inline constexpr MessageField kStatusFields[] = {
    field(f::status::kMessage, "message", kText),
    enumeration(f::status::kCode, "code", kStatusCodes),
};

// Logs
inline constexpr MessageField kLogsRequestFields[] = {
    messages(1, "resourceLogs", Message::kResourceLogs),
};
inline constexpr MessageField kResourceLogsFields[] = {
    message(1, "resource", Message::kResource),
    messages(2, "scopeLogs", Message::kScopeLogs),
    field(3, "schemaUrl", kText),
};
inline constexpr MessageField kScopeLogsFields[] = {
    message(1, "scope", Message::kScope),
    messages(2, "logRecords", Message::kLogRecord),
    field(3, "schemaUrl", kText),
};
inline constexpr MessageField kLogRecordFields[] = {
    field(1, "timeUnixNano", kFixed64),
    field(11, "observedTimeUnixNano", kFixed64),
    enumeration(2, "severityNumber", kSeverities),
    field(3, "severityText", kText),
    message(5, "body", Message::kAnyValue),
    messages(f::log_record::kAttributes, "attributes", Message::kKeyValue),
    field(7, "droppedAttributesCount", kUint32),
    field(8, "flags", kFixed32),
    field(9, "traceId", kTraceId),
    field(10, "spanId", kSpanId),
    field(12, "eventName", kText),
};

// Metrics
inline constexpr MessageField kMetricsRequestFields[] = {
    messages(1, "resourceMetrics", Message::kResourceMetrics),
};
inline constexpr MessageField kResourceMetricsFields[] = {
    message(1, "resource", Message::kResource),
    messages(2, "scopeMetrics", Message::kScopeMetrics),
    field(3, "schemaUrl", kText),
};
inline constexpr MessageField kScopeMetricsFields[] = {
    message(1, "scope", Message::kScope),
    messages(2, "metrics", Message::kMetric),
    field(3, "schemaUrl", kText),
};
inline constexpr MessageField kMetricFields[] = {
    field(1, "name", kText),
    field(2, "description", kText),
    field(3, "unit", kText),
    message(5, "gauge", Message::kGauge),
    message(7, "sum", Message::kSum),
    message(9, "histogram", Message::kHistogram),
    message(10, "exponentialHistogram", Message::kExponentialHistogram),
    message(11, "summary", Message::kSummary),
    messages(12, "metadata", Message::kKeyValue),
};
inline constexpr MessageField kGaugeFields[] = {
    messages(f::points::kMember, "dataPoints", Message::kNumberPoint),
};
inline constexpr MessageField kSumFields[] = {
    messages(f::points::kMember, "dataPoints", Message::kNumberPoint),
    enumeration(2, "aggregationTemporality", kTemporalities),
    field(3, "isMonotonic", kBool),
};
inline constexpr MessageField kHistogramFields[] = {
    messages(f::points::kMember, "dataPoints", Message::kHistogramPoint),
    enumeration(2, "aggregationTemporality", kTemporalities),
};
inline constexpr MessageField kExponentialHistogramFields[] = {
    messages(f::points::kMember, "dataPoints", Message::kExponentialHistogramPoint),
    enumeration(2, "aggregationTemporality", kTemporalities),
};
inline constexpr MessageField kSummaryFields[] = {
    messages(f::points::kMember, "dataPoints", Message::kSummaryPoint),
};
inline constexpr MessageField kNumberPointFields[] = {
    messages(7, "attributes", Message::kKeyValue),
    field(2, "startTimeUnixNano", kFixed64),
    field(3, "timeUnixNano", kFixed64),
    choice(4, "asDouble", kDouble),
    choice(6, "asInt", kSfixed64),
    messages(5, "exemplars", Message::kExemplar),
    field(8, "flags", kUint32),
};
inline constexpr MessageField kHistogramPointFields[] = {
    messages(9, "attributes", Message::kKeyValue),
    field(2, "startTimeUnixNano", kFixed64),
    field(3, "timeUnixNano", kFixed64),
    field(4, "count", kFixed64),
    choice(5, "sum", kDouble),
    list(6, "bucketCounts", kFixed64),
    list(7, "explicitBounds", kDouble),
    messages(8, "exemplars", Message::kExemplar),
    field(10, "flags", kUint32),
    choice(11, "min", kDouble),
    choice(12, "max", kDouble),
};
inline constexpr MessageField kExponentialHistogramPointFields[] = {
    messages(1, "attributes", Message::kKeyValue),
    field(2, "startTimeUnixNano", kFixed64),
    field(3, "timeUnixNano", kFixed64),
    field(4, "count", kFixed64),
    choice(5, "sum", kDouble),
    field(6, "scale", kSint32),
    field(7, "zeroCount", kFixed64),
    message(8, "positive", Message::kBuckets),
    message(9, "negative", Message::kBuckets),
    field(10, "flags", kUint32),
    messages(11, "exemplars", Message::kExemplar),
    choice(12, "min", kDouble),
    choice(13, "max", kDouble),
    field(14, "zeroThreshold", kDouble),
};
inline constexpr MessageField kBucketsFields[] = {
    field(1, "offset", kSint32),
    list(2, "bucketCounts", kUint64),
};
inline constexpr MessageField kSummaryPointFields[] = {
    messages(7, "attributes", Message::kKeyValue),
    field(2, "startTimeUnixNano", kFixed64),
    field(3, "timeUnixNano", kFixed64),
    field(4, "count", kFixed64),
    field(5, "sum", kDouble),
    messages(6, "quantileValues", Message::kQuantile),
    field(8, "flags", kUint32),
};
inline constexpr MessageField kQuantileFields[] = {
    field(1, "quantile", kDouble),
    field(2, "value", kDouble),
};
inline constexpr MessageField kExemplarFields[] = {
    messages(7, "filteredAttributes", Message::kKeyValue),
    field(2, "timeUnixNano", kFixed64),
    choice(3, "asDouble", kDouble),
    choice(6, "asInt", kSfixed64),
    field(4, "spanId", kSpanId),
    field(5, "traceId", kTraceId),
};

/// In the order of Message.
inline constexpr std::array<std::span<const MessageField>, kMessages> kAll = {
    std::span<const MessageField>(),
    kSpanFields,
    kEventFields,
    kLinkFields,
    kStatusFields,
    kResourceFields,
    kEntityRefFields,
    kScopeFields,
    kKeyValueFields,
    kAnyValueFields,
    kArrayValueFields,
    kKeyValueListFields,
    kTracesRequestFields,
    kResourceSpansFields,
    kScopeSpansFields,
    kLogsRequestFields,
    kResourceLogsFields,
    kScopeLogsFields,
    kLogRecordFields,
    kMetricsRequestFields,
    kResourceMetricsFields,
    kScopeMetricsFields,
    kMetricFields,
    kGaugeFields,
    kSumFields,
    kHistogramFields,
    kExponentialHistogramFields,
    kSummaryFields,
    kNumberPointFields,
    kHistogramPointFields,
    kExponentialHistogramPointFields,
    kBucketsFields,
    kSummaryPointFields,
    kQuantileFields,
    kExemplarFields,
};

}  // namespace message_detail

/// The fields of a message, those that come often first.
constexpr std::span<const MessageField> fields_of(Message message) {
  return message_detail::kAll[static_cast<size_t>(message)];
}

}  // namespace clew::otlp
