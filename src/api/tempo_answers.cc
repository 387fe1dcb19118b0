#include "api/tempo_answers.h"

#include <protozero/pbf_writer.hpp>

#include "base/json.h"
#include "otlp/json_writer.h"

namespace clew::api {
namespace {

using protozero::pbf_writer;

constexpr uint64_t kNanosPerMilli = 1'000'000;
constexpr std::string_view kPartial =
    "a deadline, a limit or damage cut the trace short, a partial trace is returned";
/// How Tempo says that a trace has no root.
constexpr std::string_view kNoRoot = "<root span not yet received>";

/// As Tempo writes it: without zeros at the front.
std::string short_hex(const TraceId& id) {
  std::string hex = id.hex();
  size_t first = hex.find_first_not_of('0');
  return first == hex.npos ? "0" : hex.substr(first);
}

/// No answer of ours counts what Tempo's metrics count, so they are there and empty.
std::string finish(JsonWriter& json) {
  return json.key("metrics").begin_object().end_object().end_object().take();
}

void add_text(pbf_writer& out, protozero::pbf_tag_type tag, std::string_view text) {
  if (!text.empty()) out.add_string(tag, text.data(), text.size());
}

struct Root {
  std::string_view service, name;

  explicit Root(const query::TraceSummary& trace)
      : service(trace.root_missing ? kNoRoot : trace.root_service),
        name(trace.root_missing ? std::string_view() : trace.root_operation) {}
};

void write_found(JsonWriter& json, const query::TraceSummary& trace) {
  Root root(trace);
  json.begin_object().member("traceID", short_hex(trace.id));
  if (!root.service.empty()) json.member("rootServiceName", root.service);
  if (!root.name.empty()) json.member("rootTraceName", root.name);
  if (trace.start != 0) json.member("startTimeUnixNano", std::to_string(trace.start));
  if (uint64_t ms = trace.duration / kNanosPerMilli; ms != 0) json.member("durationMs", ms);
  json.key("serviceStats").begin_object();
  for (const query::ServiceSummary& service : trace.services) {
    json.key(service.name).begin_object().member("spanCount", service.span_count);
    if (service.error_count != 0) json.member("errorCount", service.error_count);
    json.end_object();
  }
  json.end_object().end_object();
}

// Fields of TraceSearchMetadata and ServiceStats, and of a map's entry.
enum : protozero::pbf_tag_type { kId = 1, kService, kName, kStart, kDuration, kStats = 8 };
enum : protozero::pbf_tag_type { kSpans = 1, kErrors = 2, kKey = 1, kValue = 2 };

void write_found(pbf_writer out, const query::TraceSummary& trace) {
  Root root(trace);
  out.add_string(kId, short_hex(trace.id));
  add_text(out, kService, root.service);
  add_text(out, kName, root.name);
  out.add_uint64(kStart, trace.start);
  out.add_uint32(kDuration, static_cast<uint32_t>(trace.duration / kNanosPerMilli));
  for (const query::ServiceSummary& service : trace.services) {
    pbf_writer entry(out, kStats);
    entry.add_string(kKey, service.name);
    pbf_writer stats(entry, kValue);
    stats.add_uint32(kSpans, static_cast<uint32_t>(service.span_count));
    stats.add_uint32(kErrors, static_cast<uint32_t>(service.error_count));
  }
}

}  // namespace

std::string tempo_trace(const otlp::Batch& trace, TempoForm form) {
  // A Trace has what an export request has, under the same tag.
  if (form == TempoForm::kProtobuf) return std::string(trace.bytes().view());
  return otlp::request_proto_json(trace.bytes().view(), "batches");
}

std::string tempo_trace_v2(const otlp::Batch* trace, bool complete, TempoForm form) {
  constexpr protozero::pbf_tag_type kTrace = 1, kStatus = 3, kMessage = 4;
  std::string_view bytes = trace == nullptr ? std::string_view() : trace->bytes().view();
  if (form == TempoForm::kProtobuf) {
    std::string answer;
    pbf_writer out(answer);
    out.add_message(kTrace, bytes.data(), bytes.size());
    if (!complete) out.add_enum(kStatus, 1);
    if (!complete) add_text(out, kMessage, kPartial);
    return answer;
  }
  JsonWriter json;
  json.begin_object().key("trace").raw(otlp::request_proto_json(bytes, "resourceSpans"));
  if (!complete) json.member("status", "PARTIAL").member("message", kPartial);
  return finish(json);
}

std::string tempo_search(const std::vector<query::TraceSummary>& traces, TempoForm form) {
  if (form == TempoForm::kProtobuf) {
    std::string answer;
    pbf_writer out(answer);
    for (const query::TraceSummary& trace : traces) write_found(pbf_writer(out, 1), trace);
    return answer;
  }
  JsonWriter json;
  json.begin_object().key("traces").begin_array();
  for (const query::TraceSummary& trace : traces) write_found(json, trace);
  json.end_array();
  return finish(json);
}

std::string tempo_tags(const std::vector<std::string>& names, TempoForm form) {
  if (form == TempoForm::kProtobuf) {
    std::string answer;
    pbf_writer out(answer);
    for (const std::string& name : names) out.add_string(1, name);
    return answer;
  }
  JsonWriter json;
  json.begin_object().key("tagNames").begin_array();
  for (const std::string& name : names) json.value(name);
  json.end_array();
  return finish(json);
}

std::string tempo_tags_v2(
    const std::vector<std::pair<std::string_view, std::vector<std::string>>>& scopes,
    TempoForm form) {
  if (form == TempoForm::kProtobuf) {
    std::string answer;
    pbf_writer out(answer);
    for (const auto& [scope, names] : scopes) {
      pbf_writer each(out, 1);
      add_text(each, 1, scope);
      for (const std::string& name : names) each.add_string(2, name);
    }
    return answer;
  }
  JsonWriter json;
  json.begin_object().key("scopes").begin_array();
  for (const auto& [scope, names] : scopes) {
    json.begin_object().member("name", scope).key("tags").begin_array();
    for (const std::string& name : names) json.value(name);
    json.end_array().end_object();
  }
  json.end_array();
  return finish(json);
}

std::string tempo_values(const std::vector<TempoValue>& values, TempoForm form) {
  if (form == TempoForm::kProtobuf) {
    std::string answer;
    pbf_writer out(answer);
    for (const TempoValue& value : values) out.add_string(1, value.value);
    return answer;
  }
  JsonWriter json;
  json.begin_object().key("tagValues").begin_array();
  for (const TempoValue& value : values) json.value(value.value);
  json.end_array();
  return finish(json);
}

std::string tempo_values_v2(const std::vector<TempoValue>& values, TempoForm form) {
  if (form == TempoForm::kProtobuf) {
    std::string answer;
    pbf_writer out(answer);
    for (const TempoValue& value : values) {
      pbf_writer each(out, 1);
      add_text(each, 1, value.type);
      add_text(each, 2, value.value);
    }
    return answer;
  }
  JsonWriter json;
  json.begin_object().key("tagValues").begin_array();
  for (const TempoValue& value : values)
    json.begin_object().member("type", value.type).member("value", value.value).end_object();
  json.end_array();
  return finish(json);
}

}  // namespace clew::api
