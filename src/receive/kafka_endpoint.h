// Messages of Kafka topics in, OTLP out.
#pragma once

#include <string_view>

#include "net/kafka.h"
#include "otlp/sink.h"

namespace clew::receive {

/// What a message of spans may be, in the words of the OpenTelemetry Collector's Kafka receiver:
/// otlp_proto, otlp_json, jaeger_proto (one jaeger.api_v2.Span), zipkin_proto, zipkin_json,
/// zipkin_thrift.
bool is_kafka_span_encoding(std::string_view encoding);
/// And of logs or metrics: otlp_proto, otlp_json.
bool is_kafka_payload_encoding(std::string_view encoding);

/// Takes messages of spans in `encoding`, which is one of those above. The tenant is the header
/// X-Scope-OrgID, as Clew's exporter sends it; without it there is only the default one. What
/// cannot be read is answered with the decoder's error.
net::KafkaHandler kafka_spans(std::string_view encoding, otlp::Sink sink);
/// The same for logs or metrics.
net::KafkaHandler kafka_payloads(std::string_view encoding, otlp::Signal signal,
                                 otlp::PayloadSink sink);

}  // namespace clew::receive
