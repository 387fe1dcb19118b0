// Jaeger batches in each of its formats, encoded by the official libraries. Not part of the
// product.
#pragma once

#include <jaeger/api_v2/collector.pb.h>
#include <thrift/protocol/TBinaryProtocol.h>
#include <thrift/protocol/TCompactProtocol.h>
#include <thrift/transport/TBufferTransports.h>

#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace clew::receive::testing {

namespace jaeger = ::jaeger::api_v2;
namespace tp = apache::thrift::protocol;

/// Writes what is in the protobuf classes with libthrift, as jaeger.thrift says.
template <typename Protocol>
class ThriftJaeger {
 public:
  /// A Batch without a call around it. `spans_first` swaps the order of its two fields.
  static std::string batch(const jaeger::Batch& batch, bool spans_first = false) {
    ThriftJaeger out;
    out.write_batch(batch, spans_first);
    return out.memory_->getBufferAsString();
  }

  /// A one-way call of a method of the agent.
  static std::string call(const jaeger::Batch& batch, const std::string& method = "emitBatch") {
    ThriftJaeger out;
    out.protocol_.writeMessageBegin(method, tp::T_ONEWAY, 7);
    out.field(tp::T_STRUCT, 1, [&] { out.write_batch(batch, false); });
    out.protocol_.writeFieldStop();
    out.protocol_.writeMessageEnd();
    return out.memory_->getBufferAsString();
  }

 private:
  template <typename F>
  void field(tp::TType type, int16_t id, F&& value) {
    protocol_.writeFieldBegin("", type, id);
    value();
    protocol_.writeFieldEnd();
  }
  template <typename F>
  void record(F&& fields) {
    protocol_.writeStructBegin("");
    fields();
    protocol_.writeFieldStop();
    protocol_.writeStructEnd();
  }
  template <typename List, typename F>
  void list(int16_t id, const List& elements, F&& write) {
    field(tp::T_LIST, id, [&] {
      protocol_.writeListBegin(tp::T_STRUCT, static_cast<uint32_t>(elements.size()));
      for (const auto& element : elements) record([&] { write(element); });
      protocol_.writeListEnd();
    });
  }
  void i64(int16_t id, int64_t number) {
    field(tp::T_I64, id, [&] { protocol_.writeI64(number); });
  }
  void i32(int16_t id, int32_t number) {
    field(tp::T_I32, id, [&] { protocol_.writeI32(number); });
  }
  void text(int16_t id, const std::string& text) {
    field(tp::T_STRING, id, [&] { protocol_.writeString(text); });
  }

  static int64_t number(std::string_view raw) {
    uint64_t number = 0;
    std::memcpy(&number, raw.data(), sizeof(number));
    return static_cast<int64_t>(__builtin_bswap64(number));
  }
  template <typename Time>
  static int64_t micros(const Time& time) {
    return time.seconds() * 1'000'000 + time.nanos() / 1000;
  }

  void write_batch(const jaeger::Batch& batch, bool spans_first) {
    auto spans = [&] { list(2, batch.spans(), [&](const auto& span) { write_span(span); }); };
    record([&] {
      if (spans_first) spans();
      field(tp::T_STRUCT, 1, [&] {
        record([&] {
          text(1, batch.process().service_name());
          list(2, batch.process().tags(), [&](const auto& tag) { write_tag(tag); });
        });
      });
      if (!spans_first) spans();
      i64(3, 4711);  // seqNo
    });
  }

  void write_span(const jaeger::Span& span) {
    std::string_view trace_id = span.trace_id();
    i64(1, number(trace_id.substr(8)));
    i64(2, number(trace_id));
    i64(3, number(span.span_id()));
    i64(4, 0);
    text(5, span.operation_name());
    list(6, span.references(), [&](const jaeger::SpanRef& reference) {
      i32(1, reference.ref_type());
      i64(2, number(std::string_view(reference.trace_id()).substr(8)));
      i64(3, number(reference.trace_id()));
      i64(4, number(reference.span_id()));
    });
    i32(7, static_cast<int32_t>(span.flags()));
    i64(8, micros(span.start_time()));
    i64(9, micros(span.duration()));
    list(10, span.tags(), [&](const auto& tag) { write_tag(tag); });
    list(11, span.logs(), [&](const jaeger::Log& log) {
      i64(1, micros(log.timestamp()));
      list(2, log.fields(), [&](const auto& tag) { write_tag(tag); });
    });
  }

  void write_tag(const jaeger::KeyValue& tag) {
    text(1, tag.key());
    switch (tag.v_type()) {
      case jaeger::STRING:
        i32(2, 0);
        return text(3, tag.v_str());
      case jaeger::FLOAT64:
        i32(2, 1);
        return field(tp::T_DOUBLE, 4, [&] { protocol_.writeDouble(tag.v_float64()); });
      case jaeger::BOOL:
        i32(2, 2);
        return field(tp::T_BOOL, 5, [&] { protocol_.writeBool(tag.v_bool()); });
      case jaeger::INT64:
        i32(2, 3);
        return i64(6, tag.v_int64());
      default:
        i32(2, 4);
        return text(7, tag.v_binary());
    }
  }

  std::shared_ptr<apache::thrift::transport::TMemoryBuffer> memory_ =
      std::make_shared<apache::thrift::transport::TMemoryBuffer>();
  Protocol protocol_{memory_};
};

using CompactJaeger = ThriftJaeger<tp::TCompactProtocol>;
using BinaryJaeger = ThriftJaeger<tp::TBinaryProtocol>;

inline std::string post_spans(const jaeger::Batch& batch) {
  jaeger::PostSpansRequest request;
  *request.mutable_batch() = batch;
  return request.SerializeAsString();
}

}  // namespace clew::receive::testing
