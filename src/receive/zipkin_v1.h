// One span of Zipkin's older model v1, and how it becomes one of v2.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "receive/zipkin_span.h"

namespace clew::receive {

struct ZipkinV1Annotation {
  uint64_t timestamp_us = 0;
  std::string_view value;  // "cs", "sr", … or what happened
  ZipkinEndpoint endpoint;
};

struct ZipkinV1BinaryAnnotation {
  std::string_view key;
  otlp::Value value;
  ZipkinEndpoint endpoint;
};

/// A span of v1, as JSON and thrift have it. Views. Used for one span after the other.
struct ZipkinV1Span {
  TraceId trace_id;
  SpanId id;
  SpanId parent_id;  // zero: a root
  std::string_view name;
  uint64_t timestamp_us = 0;  // 0: not said
  uint64_t duration_us = 0;
  bool debug = false;
  std::vector<ZipkinV1Annotation> annotations;
  std::vector<ZipkinV1BinaryAnnotation> binary_annotations;

  /// As new.
  void clear();
};

/// Fills `v2`, which shares the views of `v1`:
///
/// | v1 | v2 |
/// |---|---|
/// | annotation cs, cr, sr, ss, ms, mr | kind, by the first of them; times, where the span has none
/// | | its endpoint; else that of a binary annotation, or of an annotation | local endpoint | | sa
/// (of a client), ca (of a server), ma (of messages), if true | remote endpoint | | binary
/// annotation lc | tag component, and the service if no endpoint names one | | other annotations,
/// binary annotations | annotations, tags with their types |
///
/// A span that holds both sides of a call keeps the first; the Collector does likewise.
/// Source: openzipkin/zipkin-api, zipkin-api.yaml and thrift/zipkinCore.thrift.
void zipkin_v1_to_v2(const ZipkinV1Span& v1, ZipkinSpan& v2);

}  // namespace clew::receive
