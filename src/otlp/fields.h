// The part of opentelemetry-proto v1 that Clew reads: field numbers by message.
// Source: opentelemetry/proto/{collector/trace/v1,trace/v1,logs/v1,resource/v1,common/v1}/*.proto.
#pragma once

#include <protozero/types.hpp>

namespace clew::otlp::fields {

using Tag = protozero::pbf_tag_type;

namespace request {
inline constexpr Tag kResourceSpans = 1;
}
namespace response {
inline constexpr Tag kPartialSuccess = 1;
inline constexpr Tag kRejectedSpans = 1;  // in ExportTracePartialSuccess
inline constexpr Tag kErrorMessage = 2;
}  // namespace response
namespace resource_spans {
inline constexpr Tag kResource = 1, kScopeSpans = 2, kSchemaUrl = 3;
}
namespace resource {
inline constexpr Tag kAttributes = 1, kDroppedAttributes = 2, kEntityRefs = 3;
}
namespace entity_ref {
inline constexpr Tag kSchemaUrl = 1, kType = 2, kIdKeys = 3, kDescriptionKeys = 4;
}
namespace scope_spans {
inline constexpr Tag kScope = 1, kSpans = 2, kSchemaUrl = 3;
}
namespace scope {
inline constexpr Tag kName = 1, kVersion = 2, kAttributes = 3, kDroppedAttributes = 4;
}
namespace span {
inline constexpr Tag kTraceId = 1, kSpanId = 2, kTraceState = 3, kParentSpanId = 4, kName = 5,
                     kKind = 6, kStart = 7, kEnd = 8, kAttributes = 9, kDroppedAttributes = 10,
                     kEvents = 11, kDroppedEvents = 12, kLinks = 13, kDroppedLinks = 14,
                     kStatus = 15, kFlags = 16;
}
namespace event {
inline constexpr Tag kTime = 1, kName = 2, kAttributes = 3, kDroppedAttributes = 4;
}
namespace link {
inline constexpr Tag kTraceId = 1, kSpanId = 2, kTraceState = 3, kAttributes = 4,
                     kDroppedAttributes = 5, kFlags = 6;
}
namespace status {
inline constexpr Tag kMessage = 2, kCode = 3;
}
/// LogRecord, of logs.proto; the other messages of logs and metrics are in message_fields.h.
namespace log_record {
inline constexpr Tag kAttributes = 6;
}
/// Gauge, Sum, Histogram, ExponentialHistogram and Summary all hold their data points in field 1.
namespace points {
inline constexpr Tag kMember = 1;
}
namespace key_value {
inline constexpr Tag kKey = 1, kValue = 2;
}
namespace any_value {
inline constexpr Tag kString = 1, kBool = 2, kInt = 3, kDouble = 4, kArray = 5, kMap = 6,
                     kBytes = 7;
}
/// ArrayValue and KeyValueList both hold their members in field 1.
namespace values {
inline constexpr Tag kMember = 1;
}

}  // namespace clew::otlp::fields
