#include "api/tempo_diff_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "api/tempo_diff_warnings.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "query/trace_diff_summary.h"

namespace clew::api {
namespace {

using query::AttributeDiff;
using query::DiffOperation;
using query::DiffSide;
using query::DiffSpan;
using query::DiffTrace;
using query::SpanDiff;
using query::TraceDiff;

constexpr std::string_view kPatch = "trace-patch-v0";
constexpr std::string_view kSummary = "trace-summary-v0-native";
constexpr std::string_view kComposed = "trace-summary-v0-composed";
/// Of a patch that goes with a summary.
constexpr size_t kComposedPatchBytes = 64 << 10;
constexpr int64_t kNanosPerMilli = 1'000'000;

void write_value(JsonWriter& json, const std::optional<otlp::Value>& value) {
  using otlp::ValueType;
  if (!value || value->type() == ValueType::kEmpty) {
    json.null();
  } else if (value->type() == ValueType::kString || value->type() == ValueType::kBytes) {
    json.value(value->text());
  } else if (value->type() == ValueType::kDouble && !std::isfinite(value->as_double())) {
    double number = value->as_double();
    json.value(std::isnan(number) ? "NaN" : number > 0 ? "+Inf" : "-Inf");
  } else {
    json.raw(value->text());  // JSON already
  }
}

void write_path(JsonWriter& json, const char* key, std::span<const uint32_t> path) {
  json.key(key).begin_array();
  for (uint32_t index : path) json.value(index);
  json.end_array();
}

void write_operation(JsonWriter& json, const DiffOperation& operation) {
  json.member("service", operation.service).member("name", operation.name);
  json.member("kind", name_of(operation.kind));
}

/// Begins a change; what it was and what it is follow.
JsonWriter& begin_change(JsonWriter& json, std::string_view op, std::string_view type) {
  json.begin_object().member("op", op).key("target").begin_object();
  return json.member("type", type);
}

void write_duration(JsonWriter& json, const DiffSpan& span) {
  span.duration ? json.value(*span.duration) : json.null();
}

void write_attribute(JsonWriter& json, const AttributeDiff& attribute) {
  std::string_view op = !attribute.before ? "add" : !attribute.after ? "remove" : "modify";
  begin_change(json, op, "attribute").member("scope", "span").member("key", attribute.key);
  json.end_object().key("before");
  write_value(json, attribute.before);
  json.key("after");
  write_value(json, attribute.after);
  json.end_object();
}

void write_modified(JsonWriter& json, const TraceDiff& diff, const SpanDiff& change) {
  const DiffSpan& before = diff.base.spans[change.base];
  const DiffSpan& after = diff.compare.spans[change.compare];
  json.begin_object().key("span").begin_object();
  write_path(json, "path", diff.compare.path_of(change.compare));
  write_operation(json, after.operation);
  json.end_object().key("changes").begin_array();
  if (change.duration_changed) {
    begin_change(json, "modify", "field").member("name", "duration_nanos").end_object();
    json.key("before");
    write_duration(json, before);
    json.key("after");
    write_duration(json, after);
    json.end_object();
  }
  if (change.status_changed) {
    begin_change(json, "modify", "field").member("name", "status").end_object();
    json.member("before", name_of(before.status)).member("after", name_of(after.status));
    json.end_object();
  }
  for (const AttributeDiff& attribute : change.attributes) write_attribute(json, attribute);
  json.end_array().end_object();
}

enum class Side { kAdded, kRemoved };

void write_span(JsonWriter& json, const DiffTrace& trace, uint32_t number, Side side) {
  const DiffSpan& span = trace.spans[number];
  std::vector<uint32_t> path = trace.path_of(number);
  json.begin_object().key("target").begin_object().member("type", "span");
  if (side == Side::kRemoved) write_path(json, "path", path);
  if (side == Side::kAdded) {
    // A root has no parent's path, not even an empty one.
    if (path.size() > 1) write_path(json, "parentPath", std::span(path).first(path.size() - 1));
    json.member("index", span.index);
  }
  json.end_object().key("span").begin_object();
  write_path(json, "path", path);
  write_operation(json, span.operation);
  json.member("duration_nanos", span.duration.value_or(0));
  json.member("status", name_of(span.status)).end_object().end_object();
}

struct Changes {
  size_t fields = 0, attributes = 0;
};

Changes changes_of(const TraceDiff& diff) {
  Changes changes;
  for (const SpanDiff& span : diff.modified) {
    changes.fields += (span.duration_changed ? 1 : 0) + (span.status_changed ? 1 : 0);
    changes.attributes += span.attributes.size();
  }
  return changes;
}

/// What both documents count.
void write_counts(JsonWriter& json, const TraceDiff& diff) {
  Changes changes = changes_of(diff);
  json.member("matchedSpans", diff.matched).member("modifiedSpans", diff.modified.size());
  json.member("addedSpans", diff.added.size()).member("removedSpans", diff.removed.size());
  json.member("fieldChanges", changes.fields).member("attributeChanges", changes.attributes);
}

void write_warnings(JsonWriter& json, const std::vector<TempoDiffWarning>& warnings) {
  json.key("warnings").begin_array();
  for (const TempoDiffWarning& warning : warnings)
    json.begin_object()
        .member("code", warning.code)
        .member("message", warning.message)
        .end_object();
  json.end_array();
}

void write_meta(JsonWriter& json, const char* side, const DiffTrace& trace) {
  json.key(side).begin_object().member("traceId", trace.id.hex());
  json.member("spanCount", trace.span_count).end_object();
}

Result<void> check_size(const JsonWriter& json) {
  if (json.size() <= limits::kJsonAnswerBytes) return {};
  metrics::count_limit_hit("json_answer_bytes");
  return fail(Code::kTooLarge, "the patch is too large; ask for {}", kSummary);
}

int64_t millis(int64_t nanos) {
  return nanos / kNanosPerMilli;
}

void write_side(JsonWriter& json, const char* name, const DiffTrace& trace, const DiffSide& side) {
  json.key(name).begin_object().member("traceId", trace.id.hex());
  if (!trace.spans.empty()) {
    const DiffOperation& root = trace.spans.front().operation;
    if (!root.service.empty()) json.member("rootService", root.service);
    if (!root.name.empty()) json.member("rootName", root.name);
  }
  json.member("spanCount", trace.span_count).member("errorSpanCount", side.errors);
  json.member("durationMs", side.envelope / kNanosPerMilli);
  json.member("sumSpanDurationMs", side.span_times / kNanosPerMilli).end_object();
}

/// Differences in the units that are shown: what does not show there has not changed.
struct Deltas {
  int64_t latency_ms, span_times_ms, spans, errors;
};

Deltas deltas_of(const TraceDiff& diff, const query::TraceDiffSummary& summary) {
  auto difference = [](auto after, auto before) {
    return static_cast<int64_t>(after) - static_cast<int64_t>(before);
  };
  return {.latency_ms = millis(difference(summary.compare.envelope, summary.base.envelope)),
          .span_times_ms = millis(difference(summary.compare.span_times, summary.base.span_times)),
          .spans = difference(diff.compare.span_count, diff.base.span_count),
          .errors = difference(summary.compare.errors, summary.base.errors)};
}

void write_signals(JsonWriter& json, const Deltas& deltas, bool structure_changed) {
  auto direction = [](int64_t delta) {
    return delta > 0 ? "increased" : delta < 0 ? "decreased" : "unchanged";
  };
  json.key("signals").begin_object().member("traceLatency", direction(deltas.latency_ms));
  json.member("sumSpanDuration", direction(deltas.span_times_ms));
  json.member("errors", direction(deltas.errors)).member("spanCount", direction(deltas.spans));
  json.member("structure", structure_changed ? "changed" : "unchanged").end_object();
}

/// How much of the larger and of the smaller trace was matched.
void write_trust(JsonWriter& json, const TraceDiff& diff) {
  auto [smaller, larger] = std::minmax(diff.base.span_count, diff.compare.span_count);
  auto ratio = [&](size_t all) {
    double share = all == 0 ? 0 : static_cast<double>(diff.matched) / static_cast<double>(all);
    return fmt::format("{}", share);
  };
  json.key("trust").begin_object().key("matchedSpanRatio").raw(ratio(larger));
  json.key("structureOverlap").raw(ratio(smaller)).end_object();
}

void write_services(JsonWriter& json, const query::TraceDiffSummary& summary) {
  json.key("changedServices").begin_array();
  for (const std::string& name : summary.changed_services) json.value(name);
  json.end_array().key("services").begin_array();
  for (const query::DiffService& service : summary.services) {
    json.begin_object().member("name", service.name);
    json.member("sumSpanDurationDeltaMs", millis(service.span_times));
    json.member("modified", service.modified).member("added", service.added);
    json.member("removed", service.removed).member("newErrors", service.new_errors);
    json.member("resolvedErrors", service.resolved_errors).end_object();
  }
  json.end_array();
}

}  // namespace

Result<std::string> tempo_diff_patch(const TraceDiff& diff) {
  JsonWriter json;
  json.begin_object().member("version", kPatch);
  write_meta(json, "base", diff.base);
  write_meta(json, "compare", diff.compare);
  json.key("stats").begin_object().member("spanCountA", diff.base.span_count);
  json.member("spanCountB", diff.compare.span_count);
  write_counts(json, diff);
  json.member("eventChanges", 0).member("truncated", false).end_object();
  json.key("modified").begin_array();
  for (const SpanDiff& span : diff.modified) {
    write_modified(json, diff, span);
    if (auto fits = check_size(json); !fits) return std::unexpected(fits.error());
  }
  json.end_array();
  for (Side side : {Side::kAdded, Side::kRemoved}) {
    bool added = side == Side::kAdded;
    json.key(added ? "added" : "removed").begin_array();
    for (uint32_t span : added ? diff.added : diff.removed) {
      write_span(json, added ? diff.compare : diff.base, span, side);
      if (auto fits = check_size(json); !fits) return std::unexpected(fits.error());
    }
    json.end_array();
  }
  write_warnings(json, tempo_diff_warnings(diff));
  return json.end_object().take();
}

std::string tempo_diff_summary(const TraceDiff& diff) {
  query::TraceDiffSummary summary = query::summarize_diff(diff);
  Deltas deltas = deltas_of(diff, summary);
  JsonWriter json;
  json.begin_object().member("version", kSummary);
  write_side(json, "base", diff.base, summary.base);
  write_side(json, "compare", diff.compare, summary.compare);
  write_signals(json, deltas, summary.structure_changed);
  write_trust(json, diff);
  json.key("stats").begin_object().member("traceLatencyDeltaMs", deltas.latency_ms);
  json.member("sumSpanDurationDeltaMs", deltas.span_times_ms);
  json.member("spanCountDelta", deltas.spans).member("errorSpanDelta", deltas.errors);
  write_counts(json, diff);
  json.end_object();
  if (auto warnings = tempo_diff_warnings(diff); !warnings.empty()) write_warnings(json, warnings);
  write_services(json, summary);
  return json.end_object().take();
}

Result<std::string> tempo_diff_composed(const TraceDiff& diff) {
  auto patch = tempo_diff_patch(diff);
  if (!patch) return patch;
  JsonWriter json;
  json.begin_object().member("version", kComposed).key("summary").raw(tempo_diff_summary(diff));
  if (patch->size() <= kComposedPatchBytes) {
    json.key("patch").raw(*patch);
  } else {
    json.key("patchOmitted").begin_object().member("bytes", patch->size());
    json.member("reason", "over_budget").end_object();
  }
  return json.end_object().take();
}

}  // namespace clew::api
