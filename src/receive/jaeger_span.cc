#include "receive/jaeger_span.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "otlp/attribute_writer.h"
#include "receive/optional_field.h"
#include "receive/otel_tags.h"

namespace clew::receive {
namespace {

namespace f = otlp::fields;
using Writer = protozero::pbf_writer;

constexpr std::string_view kReferenceType = "opentracing.ref_type";

/// How the services call themselves that have no name.
constexpr std::string_view kNoService = "OTLPResourceNoServiceName";

void rename(Tags& tags, std::string_view from, std::string_view to, otlp::Value value) {
  if (tags.find(to) != nullptr) return;
  tags.remove(from);
  tags.set(to, value);
}

/// The whole number that a tag says, as a number or as a text of one.
std::optional<int64_t> number_of(const otlp::Value& value) {
  if (value.type() == otlp::ValueType::kInt) return value.as_int();
  if (value.type() != otlp::ValueType::kString) return std::nullopt;
  std::string_view text = value.as_bytes();
  int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Semantic conventions: a 4xx is the client's error, not the server's; what is no HTTP status is
/// one.
bool is_error_status(int64_t status, otlp::SpanKind kind) {
  if (status >= 400 && status < 500) return kind != otlp::SpanKind::kServer;
  return status < 100 || status >= 500;
}

/// Writes one Span. Tags that other fields are made of are removed before the rest is written.
class SpanWriter {
 public:
  SpanWriter(JaegerSpan& span, std::string& out) : span_(span), out_(out), writer_(out) {}

  void write() {
    add_id(writer_, f::span::kTraceId, span_.trace_id);
    add_id(writer_, f::span::kSpanId, span_.id);
    if (auto state = span_.tags.take_text("w3c.tracestate"))
      add_text(writer_, f::span::kTraceState, *state);
    SpanId parent = find_parent();
    add_id(writer_, f::span::kParentSpanId, parent);
    add_text(writer_, f::span::kName, span_.operation);
    auto kind = take_kind(span_.tags);
    if (kind != otlp::SpanKind::kUnspecified)
      writer_.add_enum(f::span::kKind, static_cast<int32_t>(kind));
    writer_.add_fixed64(f::span::kStart, span_.start);
    writer_.add_fixed64(f::span::kEnd, span_.end);
    write_status(kind);
    for (const otlp::Attribute& tag : span_.tags)
      otlp::append_attribute(out_, f::span::kAttributes, tag.key, tag.value);
    for (const JaegerLog& log : span_.logs()) write_event(log);
    for (const JaegerReference& reference : span_.references)
      if (reference.follows_from || reference.span_id != parent) write_link(reference);
  }

 private:
  SpanId find_parent() const {
    if (!span_.parent_id.is_zero()) return span_.parent_id;
    auto first = [this](bool follows_from) {
      auto found = std::ranges::find_if(span_.references, [&](const JaegerReference& reference) {
        return reference.follows_from == follows_from && reference.trace_id == span_.trace_id;
      });
      return found == span_.references.end() ? SpanId() : found->span_id;
    };
    SpanId parent = first(/*follows_from=*/false);
    return parent.is_zero() ? first(/*follows_from=*/true) : parent;
  }

  void write_status(otlp::SpanKind kind) {
    using enum otlp::StatusCode;
    Tags& tags = span_.tags;
    const otlp::Value* error = tags.find("error");
    if (error != nullptr && error->type() == otlp::ValueType::kBool && error->as_bool()) {
      tags.remove("error");
      tags.remove("otel.status_code");
      auto description = tags.take_text("otel.status_description");
      return add_status(writer_, kError, description ? *description : http_message());
    }
    if (auto code = take_status_code())
      return add_status(writer_, *code, tags.take_text("otel.status_description").value_or(""));
    const otlp::Value* http = tags.find("http.status_code");
    auto status = http == nullptr ? std::nullopt : number_of(*http);
    if (status && is_error_status(*status, kind)) add_status(writer_, kError, http_message());
  }

  std::string_view http_message() const {
    return span_.tags.find_text("http.status_message").value_or("");
  }

  std::optional<otlp::StatusCode> take_status_code() {
    constexpr std::string_view kKey = "otel.status_code";
    auto text = span_.tags.find_text(kKey);
    if (!text) return std::nullopt;
    std::optional<otlp::StatusCode> code;
    if (*text == "OK" || *text == "ok") code = otlp::StatusCode::kOk;
    if (*text == "ERROR" || *text == "error") code = otlp::StatusCode::kError;
    if (*text == "UNSET" || *text == "unset") code = otlp::StatusCode::kUnset;
    if (code) span_.tags.remove(kKey);
    return code;
  }

  void write_event(const JaegerLog& log) {
    constexpr std::string_view kName = "event";
    Writer event(writer_, f::span::kEvents);
    event.add_fixed64(f::event::kTime, log.time);
    auto name = log.fields.find_text(kName);
    if (name) add_text(event, f::event::kName, *name);
    for (const otlp::Attribute& field : log.fields)
      if (!name || field.key != kName)
        otlp::append_attribute(out_, f::event::kAttributes, field.key, field.value);
  }

  void write_link(const JaegerReference& reference) {
    Writer link(writer_, f::span::kLinks);
    add_id(link, f::link::kTraceId, reference.trace_id);
    add_id(link, f::link::kSpanId, reference.span_id);
    std::string_view type = reference.follows_from ? "follows_from" : "child_of";
    otlp::append_attribute(out_, f::link::kAttributes, kReferenceType,
                           otlp::Value::of_string(type));
  }

  JaegerSpan& span_;
  std::string& out_;
  Writer writer_;  // of out_
};

}  // namespace

JaegerLog& JaegerSpan::add_log() {
  if (log_count_ == logs_.size()) logs_.emplace_back();
  JaegerLog& log = logs_[log_count_++];
  log.time = 0;
  log.fields.clear();
  return log;
}

bool JaegerSpan::set_times(int64_t start_nanos, int64_t duration_nanos) {
  int64_t end_nanos = 0;
  if (start_nanos < 0 || __builtin_add_overflow(start_nanos, duration_nanos, &end_nanos))
    return false;
  start = static_cast<UnixNanos>(start_nanos);
  end = static_cast<UnixNanos>(std::max<int64_t>(0, end_nanos));
  return true;
}

void JaegerSpan::clear() {
  trace_id = {};
  id = parent_id = {};
  operation = {};
  start = end = 0;
  references.clear();
  tags.clear();
  log_count_ = 0;
}

std::string jaeger_resource(JaegerProcess& process) {
  Tags& tags = process.tags;
  if (const otlp::Value* host = tags.find("hostname")) rename(tags, "hostname", "host.name", *host);
  std::string version;
  if (auto text = tags.find_text("jaeger.version")) {
    version = "Jaeger-" + std::string(*text);
    rename(tags, "jaeger.version", "opencensus.exporterversion", otlp::Value::of_string(version));
  }
  if (!process.service.empty() && process.service != kNoService &&
      tags.find("service.name") == nullptr)
    tags.set("service.name", otlp::Value::of_string(process.service));
  std::string out;
  for (const otlp::Attribute& tag : tags)
    otlp::append_attribute(out, f::resource::kAttributes, tag.key, tag.value);
  return out;
}

void jaeger_to_otlp(JaegerSpan& span, std::string& out) {
  SpanWriter(span, out).write();
}

}  // namespace clew::receive
