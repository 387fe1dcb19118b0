// SearchResponse, the largest of Tempo's messages.
#include <protozero/pbf_writer.hpp>

#include "api/tempo_answers.h"
#include "api/tempo_value.h"
#include "base/json.h"

namespace clew::api {
namespace {

using namespace query::traceql;

using protozero::pbf_writer;

constexpr uint64_t kNanosPerMilli = 1'000'000;
/// How Tempo says that a trace has no root.
constexpr std::string_view kNoRoot = "<root span not yet received>";

struct Root {
  std::string_view service, name;

  explicit Root(const query::TraceSummary& trace)
      : service(trace.root_missing ? kNoRoot : trace.root_service),
        name(trace.root_missing ? std::string_view() : trace.root_operation) {}
};

void write(JsonWriter& json, const FoundSpanset& spanset) {
  json.begin_object().key("spans").begin_array();
  for (const FoundSpan& span : spanset.spans) {
    json.begin_object().member("spanID", span.id.hex());
    if (!span.name.empty()) json.member("name", span.name);
    json.member("startTimeUnixNano", std::to_string(span.start));
    json.member("durationNanos", std::to_string(span.duration));
    write_tempo_attributes(json, "attributes", span.attributes);
    json.end_object();
  }
  json.end_array().member("matched", spanset.matched);
  write_tempo_attributes(json, "attributes", spanset.attributes);
  json.end_object();
}

void write(JsonWriter& json, const FoundTrace& found) {
  const query::TraceSummary& trace = found.summary;
  Root root(trace);
  json.begin_object().member("traceID", short_trace_id(trace.id));
  if (!root.service.empty()) json.member("rootServiceName", root.service);
  if (!root.name.empty()) json.member("rootTraceName", root.name);
  if (trace.start != 0) json.member("startTimeUnixNano", std::to_string(trace.start));
  if (uint64_t ms = trace.duration / kNanosPerMilli; ms != 0) json.member("durationMs", ms);
  if (!found.spansets.empty()) {
    json.key("spanSet");  // the only one that old Grafana reads
    write(json, found.spansets[0]);
    json.key("spanSets").begin_array();
    for (const FoundSpanset& spanset : found.spansets) write(json, spanset);
    json.end_array();
  }
  json.key("serviceStats").begin_object();
  for (const query::ServiceSummary& service : trace.services) {
    json.key(service.name).begin_object().member("spanCount", service.span_count);
    if (service.error_count != 0) json.member("errorCount", service.error_count);
    json.end_object();
  }
  json.end_object().end_object();
}

/// A SpanSet with its Spans.
void write(pbf_writer out, const FoundSpanset& spanset) {
  enum : protozero::pbf_tag_type { kId = 1, kName, kStart, kDuration, kAttributes };
  for (const FoundSpan& span : spanset.spans) {
    pbf_writer each(out, 1);
    each.add_string(kId, span.id.hex());
    each.add_string(kName, span.name);
    each.add_uint64(kStart, span.start);
    each.add_uint64(kDuration, span.duration);
    write_tempo_attributes(each, kAttributes, span.attributes);
  }
  out.add_uint32(2, static_cast<uint32_t>(spanset.matched));
  write_tempo_attributes(out, 3, spanset.attributes);
}

/// A TraceSearchMetadata.
void write(pbf_writer out, const FoundTrace& found) {
  enum : protozero::pbf_tag_type {
    kId = 1,
    kService,
    kName,
    kStart,
    kDuration,
    kFirst,
    kAll,
    kStats
  };
  enum : protozero::pbf_tag_type { kSpans = 1, kErrors = 2, kKey = 1, kValue = 2 };
  const query::TraceSummary& trace = found.summary;
  Root root(trace);
  out.add_string(kId, short_trace_id(trace.id));
  out.add_string(kService, root.service.data(), root.service.size());
  out.add_string(kName, root.name.data(), root.name.size());
  out.add_uint64(kStart, trace.start);
  out.add_uint32(kDuration, static_cast<uint32_t>(trace.duration / kNanosPerMilli));
  if (!found.spansets.empty()) write(pbf_writer(out, kFirst), found.spansets[0]);
  for (const FoundSpanset& spanset : found.spansets) write(pbf_writer(out, kAll), spanset);
  for (const query::ServiceSummary& service : trace.services) {
    pbf_writer entry(out, kStats);
    entry.add_string(kKey, service.name);
    pbf_writer stats(entry, kValue);
    stats.add_uint32(kSpans, static_cast<uint32_t>(service.span_count));
    stats.add_uint32(kErrors, static_cast<uint32_t>(service.error_count));
  }
}

// Fields of SearchMetrics. A search is one job here: clients draw its progress by the two.
enum : protozero::pbf_tag_type { kTraces = 1, kBytes = 2, kDone = 4, kJobs = 5, kSpansSeen = 7 };

void write(pbf_writer out, const SearchEnd& end) {
  out.add_uint32(kTraces, static_cast<uint32_t>(end.inspected_traces));
  out.add_uint64(kBytes, end.inspected_bytes);
  out.add_uint32(kDone, 1);
  out.add_uint32(kJobs, 1);
  out.add_uint64(kSpansSeen, end.inspected_spans);
}

}  // namespace

std::string tempo_search(std::span<const FoundTrace> traces, const SearchEnd& end, TempoForm form) {
  if (form == TempoForm::kProtobuf) {
    std::string answer;
    pbf_writer out(answer);
    for (const FoundTrace& trace : traces) write(pbf_writer(out, 1), trace);
    write(pbf_writer(out, 2), end);
    return answer;
  }
  JsonWriter json;
  json.begin_object().key("traces").begin_array();
  for (const FoundTrace& trace : traces) write(json, trace);
  json.end_array().key("metrics").begin_object();
  json.member("inspectedTraces", end.inspected_traces);
  json.member("inspectedBytes", std::to_string(end.inspected_bytes));
  json.member("completedJobs", 1).member("totalJobs", 1);
  json.member("inspectedSpans", std::to_string(end.inspected_spans));
  return json.end_object().end_object().take();
}

std::string tempo_search_progress(const FoundTrace& trace) {
  std::string answer;
  pbf_writer out(answer);
  write(pbf_writer(out, 1), trace);
  pbf_writer(out, 2).add_uint32(kJobs, 1);
  return answer;
}

}  // namespace clew::api
