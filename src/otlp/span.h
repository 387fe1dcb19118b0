// One span and its parts, read in place. Source: opentelemetry-proto trace.proto.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "otlp/value.h"

namespace clew::otlp {

/// Span.SpanKind, with its numbers on the wire; a number we do not know reads as kUnspecified.
enum class SpanKind : uint8_t { kUnspecified, kInternal, kServer, kClient, kProducer, kConsumer };

/// Status.StatusCode, with its numbers on the wire.
enum class StatusCode : uint8_t { kUnset, kOk, kError };

/// "internal", "server", …: how Jaeger and OpenTelemetry's exporters write a kind; "unspecified".
std::string_view name_of(SpanKind kind);
/// "unset", "ok", "error".
std::string_view name_of(StatusCode code);

/// Span.Event.
struct Event {
  UnixNanos time = 0;
  std::string_view name;
  uint32_t dropped_attributes = 0;
  std::string_view bytes;

  static Event decode(std::string_view bytes);
  AttributeRange attributes() const { return {bytes, fields::event::kAttributes}; }
};

/// Span.Link.
struct Link {
  TraceId trace_id;
  SpanId span_id;
  std::string_view trace_state;
  uint32_t dropped_attributes = 0;
  uint32_t flags = 0;
  std::string_view bytes;

  static Link decode(std::string_view bytes);
  AttributeRange attributes() const { return {bytes, fields::link::kAttributes}; }
};

/// The attribute that tells an error where the status does not (Span::is_error).
inline constexpr std::string_view kErrorKey = "error";

/// The scalar fields of a Span, decoded; its repeated fields are walked on demand. A view: the
/// bytes must outlive it and must have passed Batch::index.
struct Span {
  TraceId trace_id;
  SpanId span_id;
  SpanId parent_span_id;  // zero: a root
  std::string_view trace_state;
  std::string_view name;
  SpanKind kind = SpanKind::kUnspecified;
  UnixNanos start = 0;
  UnixNanos end = 0;
  StatusCode status = StatusCode::kUnset;
  std::string_view status_message;
  uint32_t flags = 0;
  uint32_t dropped_attributes = 0;
  uint32_t dropped_events = 0;
  uint32_t dropped_links = 0;
  std::string_view bytes;

  static Span decode(std::string_view bytes);

  /// Nanoseconds; 0 where clocks made the end earlier than the start.
  uint64_t duration() const { return end > start ? end - start : 0; }
  AttributeRange attributes() const { return {bytes, fields::span::kAttributes}; }
  DecodedRange<Event> events() const { return {bytes, fields::span::kEvents}; }
  DecodedRange<Link> links() const { return {bytes, fields::span::kLinks}; }

  /// True when the status says so, or the attribute `error` is true or "true": Envoy's OTLP tracer
  /// leaves the status of failed client spans unset and sets only the attribute.
  bool is_error() const;
};

}  // namespace clew::otlp
