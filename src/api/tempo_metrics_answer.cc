// QueryRangeResponse and QueryInstantResponse: series of points.
#include <fmt/format.h>
#include <cmath>
#include <protozero/pbf_writer.hpp>

#include "api/tempo_answers.h"
#include "api/tempo_value.h"
#include "base/json.h"
#include "query/traceql/literal_text.h"

namespace clew::api {
namespace {

using namespace query::traceql;

using protozero::pbf_writer;

constexpr uint64_t kNanosPerMilli = 1'000'000;
constexpr std::string_view kPartial =
    "a deadline, a limit or damage left spans out: the values are too low";

/// `{name="value", …}`.
std::string prometheus_text(const Labels& labels) {
  std::string text = "{";
  for (const auto& [name, value] : labels) {
    if (text.size() > 1) text += ", ";
    text += name + "=";
    append_json_string(text, text_of(value));
  }
  return text + "}";
}

/// What an exemplar's span belongs to, under the name that Grafana looks for.
TempoAttributes exemplar_labels(const Exemplar& exemplar) {
  return {{"trace:id", {.type = Type::kString, .text = short_trace_id(exemplar.trace_id)}}};
}

void write_exemplars(JsonWriter& json, const Series& series) {
  if (series.exemplars.empty()) return;
  json.key("exemplars").begin_array();
  for (const Exemplar& exemplar : series.exemplars) {
    json.begin_object();
    write_tempo_attributes(json, "labels", exemplar_labels(exemplar));
    write_tempo_number(json.key("value"), exemplar.value);
    json.member("timestampMs", std::to_string(exemplar.time / kNanosPerMilli)).end_object();
  }
  json.end_array();
}

/// A TimeSeries. Intervals without a point have no sample.
void write_series(JsonWriter& json, const Series& series, const Timeline& timeline) {
  json.begin_object();
  write_tempo_attributes(json, "labels", series.labels);
  json.key("samples").begin_array();
  for (size_t i = 0; i < series.points.size(); ++i) {
    if (std::isnan(series.points[i])) continue;
    json.begin_object().member("timestampMs", std::to_string(timeline.point(i) / kNanosPerMilli));
    write_tempo_number(json.key("value"), series.points[i]);
    json.end_object();
  }
  json.end_array().member("promLabels", prometheus_text(series.labels));
  write_exemplars(json, series);
  json.end_object();
}

void write_series(pbf_writer out, const Series& series, const Timeline& timeline) {
  enum : protozero::pbf_tag_type { kLabels = 1, kSamples, kText, kExemplars };
  write_tempo_attributes(out, kLabels, series.labels);
  for (size_t i = 0; i < series.points.size(); ++i) {
    if (std::isnan(series.points[i])) continue;
    pbf_writer sample(out, kSamples);
    sample.add_double(1, series.points[i]);
    sample.add_int64(2, static_cast<int64_t>(timeline.point(i) / kNanosPerMilli));
  }
  out.add_string(kText, prometheus_text(series.labels));
  for (const Exemplar& exemplar : series.exemplars) {
    pbf_writer each(out, kExemplars);
    write_tempo_attributes(each, 1, exemplar_labels(exemplar));
    each.add_double(2, exemplar.value);
    each.add_int64(3, static_cast<int64_t>(exemplar.time / kNanosPerMilli));
  }
}

/// An InstantSeries: its one point.
void write_value(JsonWriter& json, const Series& series) {
  json.begin_object();
  write_tempo_attributes(json, "labels", series.labels);
  write_tempo_number(json.key("value"), series.points[0]);
  json.member("promLabels", prometheus_text(series.labels)).end_object();
}

void write_value(pbf_writer out, const Series& series) {
  write_tempo_attributes(out, 1, series.labels);
  out.add_double(2, series.points[0]);
  out.add_string(3, prometheus_text(series.labels));
}

bool has_point(const Series& series) {
  return !series.points.empty() && !std::isnan(series.points[0]);
}

/// What both have behind their series.
std::string finish(JsonWriter& json, const MetricsAnswer& answer) {
  json.key("metrics").begin_object();
  json.member("inspectedTraces", answer.inspected_traces);
  json.member("inspectedBytes", std::to_string(answer.inspected_bytes));
  json.member("completedJobs", 1).member("totalJobs", 1);
  json.member("inspectedSpans", std::to_string(answer.inspected_spans)).end_object();
  if (!answer.complete) json.member("status", "PARTIAL").member("message", kPartial);
  return json.end_object().take();
}

void finish(pbf_writer& out, const MetricsAnswer& answer) {
  {
    pbf_writer metrics(out, 2);
    metrics.add_uint32(1, static_cast<uint32_t>(answer.inspected_traces));
    metrics.add_uint64(2, answer.inspected_bytes);
    metrics.add_uint32(4, 1);
    metrics.add_uint32(5, 1);
    metrics.add_uint64(7, answer.inspected_spans);
  }
  if (answer.complete) return;
  out.add_enum(3, 1);
  out.add_string(4, kPartial.data(), kPartial.size());
}

}  // namespace

std::string tempo_range(const TempoMetricsAnswer& found, TempoForm form) {
  if (form == TempoForm::kProtobuf) {
    std::string bytes;
    pbf_writer out(bytes);
    for (const Series& series : found.answer.series)
      write_series(pbf_writer(out, 1), series, found.timeline);
    finish(out, found.answer);
    return bytes;
  }
  JsonWriter json;
  json.begin_object().key("series").begin_array();
  for (const Series& series : found.answer.series) write_series(json, series, found.timeline);
  json.end_array();
  return finish(json, found.answer);
}

std::string tempo_instant(const TempoMetricsAnswer& found, TempoForm form) {
  if (form == TempoForm::kProtobuf) {
    std::string bytes;
    pbf_writer out(bytes);
    for (const Series& series : found.answer.series)
      if (has_point(series)) write_value(pbf_writer(out, 1), series);
    finish(out, found.answer);
    return bytes;
  }
  JsonWriter json;
  json.begin_object().key("series").begin_array();
  for (const Series& series : found.answer.series)
    if (has_point(series)) write_value(json, series);
  json.end_array();
  return finish(json, found.answer);
}

}  // namespace clew::api
