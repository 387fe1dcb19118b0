// Random requests of the official protobuf classes, for differential tests only.
#pragma once

#include <opentelemetry/proto/collector/trace/v1/trace_service.pb.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>

namespace clew::otlp::testing {

namespace proto = opentelemetry::proto;
using proto::collector::trace::v1::ExportTraceServiceRequest;

/// Makes requests that use every field and every type, each about half of the time. The same seed
/// gives the same requests.
class RandomRequest {
 public:
  explicit RandomRequest(uint64_t seed) : random_(seed) {}

  ExportTraceServiceRequest next() {
    ExportTraceServiceRequest request;
    repeat(3, [&] { fill(*request.add_resource_spans()); });
    return request;
  }

 private:
  uint64_t below(uint64_t bound) { return random_() % bound; }
  bool maybe() { return below(2) == 0; }

  template <typename F>
  void repeat(uint64_t at_most, F&& f) {
    for (uint64_t left = below(at_most + 1); left > 0; --left) f();
  }

  /// Numbers of every length, since varints and JSON treat them differently.
  uint64_t number() { return random_() >> below(64); }

  std::string bytes(size_t size) {
    std::string out;
    for (size_t i = 0; i < size; ++i) out += static_cast<char>(random_());
    return out;
  }

  std::string text() {
    static const std::string kPieces[] = {"a", "GET /", "\"", "\\",   "\n", std::string(1, '\0'),
                                          "é", "漢",    "😀", "\x7F", "/",  "{}[]:,"};
    std::string out;
    repeat(6, [&] { out += kPieces[below(std::size(kPieces))]; });
    return out;
  }

  double real() {
    static const double kSpecial[] = {0.0,
                                      -0.0,
                                      1e300,
                                      1e20,
                                      0.1,
                                      std::nan(""),
                                      std::numeric_limits<double>::infinity(),
                                      -std::numeric_limits<double>::infinity(),
                                      std::numeric_limits<double>::denorm_min()};
    return kSpecial[below(std::size(kSpecial))];
  }

  void fill(proto::common::v1::AnyValue& value, int depth = 0) {
    switch (below(depth < 4 ? 8 : 6)) {
      case 0:
        return value.set_string_value(text());
      case 1:
        return value.set_bool_value(maybe());
      case 2:
        return value.set_int_value(static_cast<int64_t>(maybe() ? number() : 0 - number()));
      case 3:
        return value.set_double_value(real());
      case 4:
        return value.set_bytes_value(bytes(below(9)));
      case 5:
        return;
      case 6: {
        auto& array = *value.mutable_array_value();
        repeat(3, [&] { fill(*array.add_values(), depth + 1); });
        return;
      }
      default: {
        auto& map = *value.mutable_kvlist_value();
        repeat(3, [&] { fill(*map.add_values(), depth + 1); });
      }
    }
  }

  void fill(proto::common::v1::KeyValue& attribute, int depth = 0) {
    attribute.set_key(text());
    if (below(8) != 0) fill(*attribute.mutable_value(), depth);
  }

  template <typename Message>
  void add_attributes(Message& message) {
    repeat(3, [&] { fill(*message.add_attributes()); });
    if (maybe()) message.set_dropped_attributes_count(static_cast<uint32_t>(number()));
  }

  void fill(proto::trace::v1::ResourceSpans& spans) {
    if (maybe()) {
      add_attributes(*spans.mutable_resource());
      repeat(1, [&] {
        auto& entity = *spans.mutable_resource()->add_entity_refs();
        entity.set_schema_url(text());
        entity.set_type(text());
        repeat(2, [&] { entity.add_id_keys(text()); });
        repeat(2, [&] { entity.add_description_keys(text()); });
      });
    }
    repeat(2, [&] { fill(*spans.add_scope_spans()); });
    if (maybe()) spans.set_schema_url(text());
  }

  void fill(proto::trace::v1::ScopeSpans& spans) {
    if (maybe()) {
      auto& scope = *spans.mutable_scope();
      scope.set_name(text());
      scope.set_version(text());
      add_attributes(scope);
    }
    repeat(3, [&] { fill(*spans.add_spans()); });
    if (maybe()) spans.set_schema_url(text());
  }

  void fill(proto::trace::v1::Span& span) {
    if (below(16) != 0) span.set_trace_id(bytes(16));
    if (below(16) != 0) span.set_span_id(bytes(8));
    if (maybe()) span.set_parent_span_id(bytes(8));
    if (maybe()) span.set_trace_state(text());
    if (maybe()) span.set_flags(static_cast<uint32_t>(number()));
    span.set_name(text());
    span.set_kind(static_cast<proto::trace::v1::Span::SpanKind>(below(6)));
    span.set_start_time_unix_nano(number());
    span.set_end_time_unix_nano(number());
    add_attributes(span);
    repeat(2, [&] { fill(*span.add_events()); });
    if (maybe()) span.set_dropped_events_count(static_cast<uint32_t>(number()));
    repeat(2, [&] { fill(*span.add_links()); });
    if (maybe()) span.set_dropped_links_count(static_cast<uint32_t>(number()));
    if (!maybe()) return;
    span.mutable_status()->set_message(text());
    span.mutable_status()->set_code(static_cast<proto::trace::v1::Status::StatusCode>(below(3)));
  }

  void fill(proto::trace::v1::Span::Event& event) {
    event.set_time_unix_nano(number());
    event.set_name(text());
    add_attributes(event);
  }

  void fill(proto::trace::v1::Span::Link& link) {
    link.set_trace_id(bytes(16));
    link.set_span_id(bytes(8));
    if (maybe()) link.set_trace_state(text());
    if (maybe()) link.set_flags(static_cast<uint32_t>(number()));
    add_attributes(link);
  }

  std::mt19937_64 random_;
};

}  // namespace clew::otlp::testing
