// One Jaeger span, decoded, and how it becomes OTLP.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "receive/tags.h"

namespace clew::receive {

struct JaegerReference {
  TraceId trace_id;
  SpanId span_id;
  bool follows_from = false;  // else CHILD_OF
};

struct JaegerLog {
  UnixNanos time = 0;
  Tags fields;
};

/// A span of Jaeger's model, whatever format it came in. Views: the message must outlive it. Made
/// to be used for one span after the other, so that its lists are allocated once.
struct JaegerSpan {
  TraceId trace_id;
  SpanId id;
  SpanId parent_id;  // thrift only; zero: none, or among the references
  std::string_view operation;
  UnixNanos start = 0, end = 0;
  std::vector<JaegerReference> references;
  Tags tags;

  /// A new log at the end, valid until the next one.
  JaegerLog& add_log();
  std::span<const JaegerLog> logs() const { return {logs_.data(), log_count_}; }

  /// Sets start and end; a negative duration, from a clock that was set back, is kept as long as
  /// the end is not before 1970. False for a start before it or an end past the year 2262.
  bool set_times(int64_t start_nanos, int64_t duration_nanos);

  /// As new.
  void clear();

 private:
  std::vector<JaegerLog> logs_;  // the first log_count_ are in use
  size_t log_count_ = 0;
};

struct JaegerProcess {
  std::string_view service;
  Tags tags;
};

/// The process as a Resource message: its tags are attributes, the service is service.name;
/// `hostname` becomes host.name and `jaeger.version` opencensus.exporterversion, as in the
/// Collector, unless those are there.
std::string jaeger_resource(JaegerProcess& process);

/// The scope as an InstrumentationScope message, from the tags otel.scope.name and .version, or
/// otel.library.name and .version as older exporters wrote them; they are removed from the span.
std::string jaeger_scope(JaegerSpan& span);

/// Appends the span as a Span message. Maps as the OpenTelemetry Collector does (contrib,
/// pkg/translator/jaeger), the reverse of what the OpenTelemetry specification says of Jaeger:
///
/// | Jaeger | OTLP |
/// |---|---|
/// | parent; else the first CHILD_OF, else FOLLOWS_FROM of this trace | parent |
/// | other references | links with opentracing.ref_type = child_of or follows_from |
/// | tag span.kind | kind |
/// | tag error = true | status ERROR with otel.status_description, else http.status_message |
/// | tags otel.status_code, otel.status_description | status |
/// | tag http.status_code, if nothing else says | status ERROR for 4xx (not of servers) and 5xx |
/// | tag w3c.tracestate | trace state |
/// | logs | events; field `event` is the name |
/// | other tags and fields | attributes with their types |
///
/// The flags (sampled, debug) say what the client did and are not kept. Where it differs: kinds and
/// status codes that OTLP does not have stay attributes; the Collector drops them.
void jaeger_to_otlp(JaegerSpan& span, std::string& out);

}  // namespace clew::receive
