#include "otlp/jaeger_proto.h"

#include <protozero/pbf_writer.hpp>
#include <string_view>

namespace clew::otlp {
namespace {

using otlp::Attribute;
using otlp::Value;
using otlp::ValueType;
using protozero::pbf_writer;
using Tag = protozero::pbf_tag_type;

// jaeger/proto/api_v2/{model,collector}.proto.
constexpr Tag kRequestBatch = 1;
constexpr Tag kBatchSpans = 1, kBatchProcess = 2;
constexpr Tag kProcessService = 1, kProcessTags = 2;
constexpr Tag kTraceId = 1, kSpanId = 2, kOperation = 3, kReferences = 4, kStart = 6, kDuration = 7,
              kTags = 8, kLogs = 9, kProcess = 10, kWarnings = 12;
constexpr Tag kRefTraceId = 1, kRefSpanId = 2, kRefType = 3;
constexpr Tag kLogTime = 1, kLogFields = 2;
constexpr Tag kKey = 1, kType = 2, kString = 3, kBool = 4, kInt = 5, kDouble = 6, kBinary = 7;
enum TagType : int32_t { kStringType, kBoolType, kIntType, kDoubleType, kBinaryType };
enum RefType : int32_t { kChildOf, kFollowsFrom };

constexpr uint64_t kNanosPerSecond = 1'000'000'000;

void add_text(pbf_writer& writer, Tag tag, std::string_view text) {
  writer.add_string(tag, text.data(), text.size());
}

void add_text_tag(pbf_writer& parent, Tag field, std::string_view key, std::string_view text) {
  pbf_writer tag(parent, field);
  add_text(tag, kKey, key);
  add_text(tag, kString, text);  // kStringType is the default
}

void add_tag(pbf_writer& parent, Tag field, const Attribute& attribute) {
  const Value& value = attribute.value;
  pbf_writer tag(parent, field);
  add_text(tag, kKey, attribute.key);
  switch (value.type()) {
    case ValueType::kBool:
      tag.add_enum(kType, kBoolType);
      return tag.add_bool(kBool, value.as_bool());
    case ValueType::kInt:
      tag.add_enum(kType, kIntType);
      return tag.add_int64(kInt, value.as_int());
    case ValueType::kDouble:
      tag.add_enum(kType, kDoubleType);
      return tag.add_double(kDouble, value.as_double());
    case ValueType::kBytes:
      tag.add_enum(kType, kBinaryType);
      return tag.add_bytes(kBinary, value.as_bytes().data(), value.as_bytes().size());
    case ValueType::kString:
      return add_text(tag, kString, value.as_bytes());
    case ValueType::kEmpty:
    case ValueType::kArray:
    case ValueType::kMap:
      return add_text(tag, kString, value.text());
  }
}

/// google.protobuf.Timestamp and Duration have the same two fields.
void add_nanos(pbf_writer& parent, Tag field, uint64_t nanos) {
  pbf_writer time(parent, field);
  time.add_int64(1, static_cast<int64_t>(nanos / kNanosPerSecond));
  time.add_int32(2, static_cast<int32_t>(nanos % kNanosPerSecond));
}

void add_reference(pbf_writer& span, const TraceId& trace_id, const SpanId& span_id, RefType type) {
  pbf_writer reference(span, kReferences);
  reference.add_bytes(kRefTraceId, trace_id.raw().data(), trace_id.raw().size());
  reference.add_bytes(kRefSpanId, span_id.raw().data(), span_id.raw().size());
  reference.add_enum(kRefType, type);
}

void add_references(pbf_writer& out, const otlp::Span& span) {
  // The parent comes first: backends look for the first CHILD_OF.
  if (!span.parent_span_id.is_zero())
    add_reference(out, span.trace_id, span.parent_span_id, kChildOf);
  for (const otlp::Link& link : span.links()) {
    auto type = link.attributes().find("opentracing.ref_type");
    bool child = type && type->text() == "child_of";
    add_reference(out, link.trace_id, link.span_id, child ? kChildOf : kFollowsFrom);
  }
}

void add_count_tag(pbf_writer& out, std::string_view key, uint32_t count) {
  if (count > 0) add_tag(out, kTags, {key, Value::of_int(count)});
}

void add_tags(pbf_writer& out, const otlp::Span& span, const otlp::ScopeRef& scope) {
  if (!scope.name.empty()) add_text_tag(out, kTags, "otel.scope.name", scope.name);
  if (!scope.version.empty()) add_text_tag(out, kTags, "otel.scope.version", scope.version);
  bool failed = span.status == otlp::StatusCode::kError;
  for (const Attribute& attribute : span.attributes())
    if ((!failed || attribute.key != "error") && attribute.key != kJaegerWarnings)
      add_tag(out, kTags, attribute);
  if (span.kind != otlp::SpanKind::kUnspecified)
    add_text_tag(out, kTags, "span.kind", name_of(span.kind));
  if (span.status != otlp::StatusCode::kUnset)
    add_text_tag(out, kTags, "otel.status_code", failed ? "ERROR" : "OK");
  if (failed) add_tag(out, kTags, {"error", Value::of_bool(true)});
  if (!span.status_message.empty())
    add_text_tag(out, kTags, "otel.status_description", span.status_message);
  if (!span.trace_state.empty()) add_text_tag(out, kTags, "w3c.tracestate", span.trace_state);
  add_count_tag(out, "otel.dropped_attributes_count", span.dropped_attributes);
  add_count_tag(out, "otel.dropped_events_count", span.dropped_events);
  add_count_tag(out, "otel.dropped_links_count", span.dropped_links);
}

void add_warnings(pbf_writer& out, const otlp::Span& span) {
  for (const Attribute& attribute : span.attributes()) {
    if (attribute.key != kJaegerWarnings) continue;
    for (const Value& warning : attribute.value.elements())
      add_text(out, kWarnings, warning.text());
  }
}

void add_logs(pbf_writer& out, const otlp::Span& span) {
  for (const otlp::Event& event : span.events()) {
    pbf_writer log(out, kLogs);
    add_nanos(log, kLogTime, event.time);
    if (!event.name.empty()) add_text_tag(log, kLogFields, "event", event.name);
    for (const Attribute& attribute : event.attributes()) add_tag(log, kLogFields, attribute);
  }
}

std::string process_of(const otlp::ResourceRef& resource) {
  std::string bytes;
  pbf_writer process(bytes);
  // What the OpenTelemetry Collector calls a service without a name.
  add_text(process, kProcessService,
           resource.service_name.empty() ? "OTLPResourceNoServiceName" : resource.service_name);
  for (const Attribute& attribute : resource.attributes())
    if (attribute.key != "service.name") add_tag(process, kProcessTags, attribute);
  return bytes;
}

void write_span(pbf_writer& out, const otlp::Span& span, const otlp::ScopeRef& scope) {
  out.add_bytes(kTraceId, span.trace_id.raw().data(), span.trace_id.raw().size());
  out.add_bytes(kSpanId, span.span_id.raw().data(), span.span_id.raw().size());
  add_text(out, kOperation, span.name);
  add_references(out, span);
  add_nanos(out, kStart, span.start);
  add_nanos(out, kDuration, span.duration());
  add_tags(out, span, scope);
  add_logs(out, span);
  add_warnings(out, span);
}

std::vector<std::string> processes_of(const otlp::Batch& batch) {
  std::vector<std::string> processes;
  for (const otlp::ResourceRef& resource : batch.resources())
    processes.push_back(process_of(resource));
  return processes;
}

}  // namespace

Result<std::string> jaeger_post_spans(const SharedBytes& request) {
  auto batch = otlp::Batch::index(request);
  if (!batch) return std::unexpected(batch.error());
  std::vector<std::string> processes = processes_of(*batch);
  std::string out;
  pbf_writer writer(out);
  pbf_writer jaeger_batch(writer, kRequestBatch);
  for (const otlp::SpanRef& ref : batch->spans()) {
    pbf_writer span(jaeger_batch, kBatchSpans);
    write_span(span, batch->decode(ref), batch->scope_of(ref));
    const std::string& process = processes[ref.resource];
    if (process != processes.front()) span.add_message(kProcess, process);
  }
  if (!processes.empty()) jaeger_batch.add_message(kBatchProcess, processes.front());
  jaeger_batch.commit();
  return out;
}

std::vector<std::string> jaeger_spans(const otlp::Batch& batch) {
  std::vector<std::string> processes = processes_of(batch);
  std::vector<std::string> spans;
  for (const otlp::SpanRef& ref : batch.spans()) {
    pbf_writer span(spans.emplace_back());
    write_span(span, batch.decode(ref), batch.scope_of(ref));
    span.add_message(kProcess, processes[ref.resource]);
  }
  return spans;
}

}  // namespace clew::otlp
