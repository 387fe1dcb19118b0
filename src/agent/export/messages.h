// Export requests as messages of a message broker.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "otlp/signal.h"

namespace clew::agent {

enum class MessageEncoding { kOtlpProto, kOtlpJson, kJaegerProto, kZipkinJson };

struct MessageOptions {
  MessageEncoding encoding = MessageEncoding::kOtlpProto;
  bool by_trace = false;         // each trace a message of its own, with its ID as key
  size_t max_bytes = 1'000'000;  // of one message, without what the broker adds
};

struct EncodedMessage {
  std::string key;  // the trace ID in hex; empty: none
  SharedBytes value;
};

/// Spans as OTLP or Zipkin: one message, as many as `max_bytes` asks for, or one a trace. As
/// jaeger_proto: a message with a jaeger.api_v2.Span and its process for each span, always with a
/// key, as Jaeger's own writer makes them. Fails as otlp::Batch::index and the encodings do, with
/// kTooLarge for a span that is larger than a message may be.
Result<std::vector<EncodedMessage>> messages_of_spans(const SharedBytes& request,
                                                      const MessageOptions& options);

}  // namespace clew::agent
