#include "api/tempo_answers.h"

#include <fmt/format.h>

#include <protozero/pbf_writer.hpp>
#include <set>
#include <string_view>

#include "base/json.h"
#include "otlp/json_writer.h"

namespace clew::api {
namespace {

using protozero::pbf_writer;

constexpr std::string_view kPartial =
    "a deadline, a limit or damage cut the trace short, a partial trace is returned";

void add_text(pbf_writer& out, protozero::pbf_tag_type tag, std::string_view text) {
  if (!text.empty()) out.add_string(tag, text.data(), text.size());
}

/// Ends the document. Only a list that took reading spans has something to tell: how much, and
/// whether the one job that this is was done.
std::string finish(JsonWriter& json, uint64_t read_bytes = 0, bool complete = true) {
  json.key("metrics").begin_object();
  if (read_bytes != 0) {
    json.member("inspectedBytes", std::to_string(read_bytes)).member("totalJobs", 1);
    if (complete) json.member("completedJobs", 1);
  }
  return json.end_object().end_object().take();
}

/// The same as a MetadataMetrics.
void write_metrics(pbf_writer& out, uint64_t read_bytes, bool complete) {
  if (read_bytes == 0) return;
  pbf_writer metrics(out, 2);
  metrics.add_uint64(1, read_bytes);
  metrics.add_uint32(2, 1);
  if (complete) metrics.add_uint32(3, 1);
}

std::string json_part(std::string trace) {
  return otlp::resource_spans_json(trace, otlp::JsonForm::kProto);
}

/// What stands behind the trace of a TraceByIDResponse.
std::string end_of_v2_json(bool complete) {
  if (complete) return R"(,"metrics":{}})";
  return fmt::format(R"(,"status":"PARTIAL","message":"{}","metrics":{{}}}})", kPartial);
}

std::string end_of_v2_proto(bool complete) {
  constexpr protozero::pbf_tag_type kStatus = 3, kMessage = 4;
  std::string end;
  if (complete) return end;
  pbf_writer out(end);
  out.add_enum(kStatus, 1);
  add_text(out, kMessage, kPartial);
  return end;
}

/// A Trace as a field of a TraceByIDResponse.
std::string trace_field(std::string trace) {
  constexpr protozero::pbf_tag_type kTrace = 1;
  std::string field;
  pbf_writer(field).add_message(kTrace, trace);
  return field;
}

std::set<std::string_view> names_of(const TempoTags& tags) {
  std::set<std::string_view> names;
  for (const TempoScope& scope : tags.scopes) names.insert(scope.tags.begin(), scope.tags.end());
  return names;
}

}  // namespace

OtlpAnswerForm tempo_trace(TempoForm form) {
  if (form == TempoForm::kJson)
    return {.head = R"({"batches":[)", .part = json_part, .between = ",", .tail = [](bool) {
              return std::string("]}");
            }};
  // A Trace has what an export request has, under the same tag.
  return {.part = [](std::string trace) { return trace; },
          .tail = [](bool) { return std::string(); }};
}

OtlpAnswerForm tempo_trace_v2(TempoForm form) {
  if (form == TempoForm::kJson)
    return {.head = R"({"trace":{"resourceSpans":[)",
            .part = json_part,
            .between = ",",
            .tail = [](bool complete) { return "]}" + end_of_v2_json(complete); }};
  // A message that comes in several fields of one number is merged of them.
  return {.part = trace_field, .tail = end_of_v2_proto};
}

std::string tempo_trace_v2(std::string_view trace, bool complete, TempoForm form) {
  OtlpAnswerForm parts = tempo_trace_v2(form);
  if (!trace.empty()) return parts.head + parts.part(std::string(trace)) + parts.tail(complete);
  if (form == TempoForm::kProtobuf) return trace_field({}) + parts.tail(complete);
  return R"({"trace":{})" + end_of_v2_json(complete);
}

std::string tempo_tags(const TempoTags& tags, TempoForm form) {
  auto names = names_of(tags);
  if (form == TempoForm::kProtobuf) {
    std::string answer;
    pbf_writer out(answer);
    for (std::string_view name : names) out.add_string(1, name.data(), name.size());
    write_metrics(out, tags.read_bytes, tags.complete);
    return answer;
  }
  JsonWriter json;
  json.begin_object().key("tagNames").begin_array();
  for (std::string_view name : names) json.value(name);
  json.end_array();
  return finish(json, tags.read_bytes, tags.complete);
}

std::string tempo_tags_v2(const TempoTags& tags, TempoForm form) {
  if (form == TempoForm::kProtobuf) {
    std::string answer;
    pbf_writer out(answer);
    for (const TempoScope& scope : tags.scopes) {
      pbf_writer each(out, 1);
      add_text(each, 1, scope.name);
      for (const std::string& name : scope.tags) each.add_string(2, name);
    }
    write_metrics(out, tags.read_bytes, tags.complete);
    return answer;
  }
  JsonWriter json;
  json.begin_object().key("scopes").begin_array();
  for (const TempoScope& scope : tags.scopes) {
    json.begin_object().member("name", scope.name).key("tags").begin_array();
    for (const std::string& name : scope.tags) json.value(name);
    json.end_array().end_object();
  }
  json.end_array();
  return finish(json, tags.read_bytes, tags.complete);
}

std::string tempo_values(const TempoValues& values, TempoForm form) {
  if (form == TempoForm::kProtobuf) {
    std::string answer;
    pbf_writer out(answer);
    for (const TempoValue& value : values.values) out.add_string(1, value.value);
    write_metrics(out, values.read_bytes, values.complete);
    return answer;
  }
  JsonWriter json;
  json.begin_object().key("tagValues").begin_array();
  for (const TempoValue& value : values.values) json.value(value.value);
  json.end_array();
  return finish(json, values.read_bytes, values.complete);
}

std::string tempo_values_v2(const TempoValues& values, TempoForm form) {
  if (form == TempoForm::kProtobuf) {
    std::string answer;
    pbf_writer out(answer);
    for (const TempoValue& value : values.values) {
      pbf_writer each(out, 1);
      add_text(each, 1, value.type);
      add_text(each, 2, value.value);
    }
    write_metrics(out, values.read_bytes, values.complete);
    return answer;
  }
  JsonWriter json;
  json.begin_object().key("tagValues").begin_array();
  for (const TempoValue& value : values.values)
    json.begin_object().member("type", value.type).member("value", value.value).end_object();
  json.end_array();
  return finish(json, values.read_bytes, values.complete);
}

}  // namespace clew::api
