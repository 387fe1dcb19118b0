// Building OTLP requests in tests, by protozero. Not part of the product.
#pragma once

#include <algorithm>
#include <cstdint>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/ids.h"
#include "otlp/batch.h"

namespace clew::otlp::testing {

using TextAttributes = std::vector<std::pair<std::string, std::string>>;

inline std::string any_string(std::string_view text) {
  std::string out;
  protozero::pbf_writer(out).add_string(fields::any_value::kString, text.data(), text.size());
  return out;
}

inline std::string any_int(int64_t number) {
  std::string out;
  protozero::pbf_writer(out).add_int64(fields::any_value::kInt, number);
  return out;
}

inline std::string any_double(double number) {
  std::string out;
  protozero::pbf_writer(out).add_double(fields::any_value::kDouble, number);
  return out;
}

inline std::string any_bool(bool value) {
  std::string out;
  protozero::pbf_writer(out).add_bool(fields::any_value::kBool, value);
  return out;
}

inline std::string key_value(std::string_view key, std::string_view any_value) {
  std::string out;
  protozero::pbf_writer writer(out);
  writer.add_string(fields::key_value::kKey, key.data(), key.size());
  writer.add_message(fields::key_value::kValue, any_value.data(), any_value.size());
  return out;
}

/// What a test wants a span to be; IDs are small numbers, since tests read better so.
struct SpanSpec {
  uint64_t trace = 1;
  uint64_t span = 1;
  uint64_t parent = 0;
  std::string service = "shop";
  std::string name = "GET /";
  SpanKind kind = SpanKind::kServer;
  UnixNanos start = 1'000'000'000;
  UnixNanos duration = 1'000'000;
  StatusCode status = StatusCode::kUnset;
  TextAttributes attributes = {};
  std::vector<std::string> extra_key_values = {};  // key_value(…) messages
  uint64_t trace_high = 0;                         // the left half of the trace ID
};

template <size_t Size>
Id<Size> id_of(uint64_t number) {
  Id<Size> id;
  for (size_t i = 0; i < 8; ++i) id.bytes[Size - 1 - i] = static_cast<uint8_t>(number >> (8 * i));
  return id;
}

inline TraceId trace_id(uint64_t number, uint64_t high = 0) {
  TraceId id = id_of<16>(number);
  std::ranges::copy(id_of<8>(high).bytes, id.bytes.begin());
  return id;
}
inline SpanId span_id(uint64_t number) {
  return id_of<8>(number);
}

/// A serialized Span message, as the official libraries write it: what is its default is left out.
inline std::string span_bytes(const SpanSpec& spec) {
  namespace f = fields::span;
  std::string out;
  protozero::pbf_writer span(out);
  auto add = [&span](fields::Tag tag, std::string_view bytes) {
    span.add_bytes(tag, bytes.data(), bytes.size());
  };
  add(f::kTraceId, trace_id(spec.trace, spec.trace_high).raw());
  add(f::kSpanId, span_id(spec.span).raw());
  if (spec.parent != 0) add(f::kParentSpanId, span_id(spec.parent).raw());
  if (!spec.name.empty()) add(f::kName, spec.name);
  if (spec.kind != SpanKind::kUnspecified) span.add_enum(f::kKind, static_cast<int32_t>(spec.kind));
  if (spec.start != 0) span.add_fixed64(f::kStart, spec.start);
  if (spec.start + spec.duration != 0) span.add_fixed64(f::kEnd, spec.start + spec.duration);
  for (const auto& [key, value] : spec.attributes)
    add(f::kAttributes, key_value(key, any_string(value)));
  for (const std::string& attribute : spec.extra_key_values) add(f::kAttributes, attribute);
  if (spec.status != StatusCode::kUnset) {
    protozero::pbf_writer status(span, f::kStatus);
    status.add_enum(fields::status::kCode, static_cast<int32_t>(spec.status));
  }
  return out;
}

/// A serialized request with one ResourceSpans per span.
inline std::string request_bytes(const std::vector<SpanSpec>& spans) {
  std::string out;
  protozero::pbf_writer request(out);
  for (const SpanSpec& spec : spans) {
    protozero::pbf_writer resource_spans(request, fields::request::kResourceSpans);
    {
      protozero::pbf_writer resource(resource_spans, fields::resource_spans::kResource);
      resource.add_message(fields::resource::kAttributes,
                           key_value("service.name", any_string(spec.service)));
    }
    protozero::pbf_writer scope_spans(resource_spans, fields::resource_spans::kScopeSpans);
    scope_spans.add_message(fields::scope_spans::kSpans, span_bytes(spec));
  }
  return out;
}

/// The same, indexed; the request is well-formed by construction.
inline Batch batch_of(const std::vector<SpanSpec>& spans) {
  auto batch = Batch::index(SharedBytes::take(request_bytes(spans)));
  CLEW_CHECK(batch.has_value());
  return *std::move(batch);
}

}  // namespace clew::otlp::testing
