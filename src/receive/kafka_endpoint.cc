#include "receive/kafka_endpoint.h"

#include <functional>
#include <map>
#include <protozero/pbf_writer.hpp>
#include <utility>

#include "receive/ingest.h"
#include "receive/jaeger_proto.h"
#include "receive/otlp_json.h"
#include "receive/zipkin_json.h"
#include "receive/zipkin_proto.h"
#include "receive/zipkin_thrift.h"

namespace clew::receive {
namespace {

using Decode = std::function<Result<std::string>(std::string_view)>;

/// The message of Jaeger's own Kafka writer: a span with its process. It is read as a request of
/// that span alone.
Result<std::string> jaeger_span_to_otlp(std::string_view span) {
  std::string batch, request;
  protozero::pbf_writer(batch).add_message(1, span.data(), span.size());  // Batch.spans
  protozero::pbf_writer(request).add_message(1, batch);                   // PostSpansRequest.batch
  return jaeger_proto_to_otlp(request);
}

const std::map<std::string_view, Decode>& span_decoders() {
  static const auto& decoders = *new std::map<std::string_view, Decode>{
      {"otlp_json", [](std::string_view json) { return otlp_json_to_protobuf(json); }},
      {"jaeger_proto", jaeger_span_to_otlp},
      {"zipkin_proto",
       [](std::string_view spans) { return zipkin_proto_to_otlp(spans, /*parse=*/false); }},
      {"zipkin_json", [](std::string_view json) { return zipkin_v2_json_to_otlp(json); }},
      {"zipkin_thrift", zipkin_v1_thrift_to_otlp},
  };
  return decoders;
}

std::string_view tenant_of(const net::KafkaMessage& message) {
  for (const auto& [name, value] : message.headers)
    if (name == "X-Scope-OrgID") return value;
  return {};
}

/// Without a decoder the message is OTLP protobuf already.
net::KafkaHandler handler_of(Decode decode, std::shared_ptr<Ingest> ingest) {
  return [decode = std::move(decode), ingest = std::move(ingest)](const net::KafkaMessage& message,
                                                                  net::KafkaAnswer answer) {
    Result<SharedBytes> request = message.value;
    if (decode) {
      auto otlp = decode(message.value.view());
      request = otlp ? Result<SharedBytes>(SharedBytes::take(*std::move(otlp)))
                     : std::unexpected(std::move(otlp.error()));
    }
    ingest->take(message.value.size(), Tenant::parse(tenant_of(message)), std::move(request),
                 [answer = std::move(answer)](Result<Ingest::Taken> taken) mutable {
                   answer(taken ? Result<void>() : std::unexpected(std::move(taken.error())));
                 });
  };
}

}  // namespace

bool is_kafka_span_encoding(std::string_view encoding) {
  return encoding == "otlp_proto" || span_decoders().contains(encoding);
}

bool is_kafka_payload_encoding(std::string_view encoding) {
  return encoding == "otlp_proto" || encoding == "otlp_json";
}

net::KafkaHandler kafka_spans(std::string_view encoding, otlp::Sink sink) {
  auto ingest = Ingest::make("kafka", encoding, std::move(sink));
  if (encoding == "otlp_proto") return handler_of({}, std::move(ingest));
  return handler_of(span_decoders().at(encoding), std::move(ingest));
}

net::KafkaHandler kafka_payloads(std::string_view encoding, otlp::Signal signal,
                                 otlp::PayloadSink sink) {
  auto ingest = Ingest::make("kafka", encoding, signal, std::move(sink));
  if (encoding == "otlp_proto") return handler_of({}, std::move(ingest));
  return handler_of([signal](std::string_view json) { return otlp_json_to_protobuf(json, signal); },
                    std::move(ingest));
}

}  // namespace clew::receive
