#include "load/sender.h"

#include <algorithm>

#include "load/jaeger.h"
#include "load/transport.h"
#include "load/zipkin.h"
#include "otlp/writer.h"

namespace clew::load {
namespace {

constexpr char kProtobuf[] = "application/x-protobuf";

Messages as_it_is(std::string request, uint64_t spans) {
  Messages messages;
  messages.push_back({std::move(request), spans});
  return messages;
}

template <std::string (*kEncode)(std::string)>
Messages as_one(std::string request, uint64_t spans) {
  return as_it_is(kEncode(std::move(request)), spans);
}

template <JaegerFormat kFormat>
Messages as_jaeger(std::string request, uint64_t) {
  return jaeger_messages(std::move(request), kFormat);
}

auto encoding_of(Protocol protocol) -> Messages (*)(std::string, uint64_t) {
  switch (protocol) {
    case Protocol::kHttp:
    case Protocol::kGrpc:
      return as_it_is;
    case Protocol::kZipkin:
      return as_one<zipkin_json>;
    case Protocol::kZipkinProto:
      return as_one<zipkin_proto>;
    case Protocol::kJaegerUdp:
      return as_jaeger<JaegerFormat::kCompactCall>;
    case Protocol::kJaegerUdpBinary:
      return as_jaeger<JaegerFormat::kBinaryCall>;
    case Protocol::kJaegerHttp:
      return as_jaeger<JaegerFormat::kBinaryBatch>;
    case Protocol::kJaegerGrpc:
      return as_jaeger<JaegerFormat::kProto>;
  }
  return nullptr;
}

Result<std::unique_ptr<Transport>> transport_of(const SenderOptions& options) {
  auto http = [&](const char* usual_path, const char* content_type) {
    std::string path = options.path.empty() ? usual_path : options.path;
    return http_transport({.url = "http://" + options.target + path,
                           .content_type = content_type,
                           .compression = options.compression});
  };
  auto grpc = [&](const char* method) {
    return grpc_transport(
        {.target = options.target, .method = method, .compression = options.compression});
  };
  switch (options.protocol) {
    case Protocol::kHttp:
      return http("/v1/traces", kProtobuf);
    case Protocol::kGrpc:
      return grpc("/opentelemetry.proto.collector.trace.v1.TraceService/Export");
    case Protocol::kZipkin:
      return http("/api/v2/spans", "application/json");
    case Protocol::kZipkinProto:
      return http("/api/v2/spans", kProtobuf);
    case Protocol::kJaegerHttp:
      return http("/api/traces?format=jaeger.thrift", "application/vnd.apache.thrift.binary");
    case Protocol::kJaegerGrpc:
      return grpc("/jaeger.api_v2.CollectorService/PostSpans");
    default:
      break;
  }
  if (!options.compression.empty())
    return fail(Code::kInvalid, "packets are not compressed: leave --compression out with UDP");
  return udp_transport(options.target);
}

}  // namespace

Result<std::unique_ptr<Sender>> Sender::create(const SenderOptions& options) {
  auto transport = transport_of(options);
  if (!transport) return std::unexpected(std::move(transport.error()));
  bool otlp = options.protocol == Protocol::kHttp || options.protocol == Protocol::kGrpc;
  return std::unique_ptr<Sender>(
      new Sender(encoding_of(options.protocol), *std::move(transport), otlp));
}

Sender::Sender(Encode encode, std::unique_ptr<Transport> transport, bool answers_otlp)
    : encode_(encode), transport_(std::move(transport)), answers_otlp_(answers_otlp) {}

Sender::~Sender() = default;

Sent Sender::send(std::string request, uint64_t spans) {
  Sent sent;
  for (Message& message : encode_(std::move(request), spans)) {
    sent.bytes += message.bytes.size();
    auto answer = transport_->send(std::move(message.bytes));
    if (!answer) {
      sent.problem = std::move(answer.error().message);
      continue;
    }
    sent.accepted += message.spans;
    if (!answers_otlp_) continue;
    otlp::PartialSuccess partial = otlp::parse_export_response(*answer);
    sent.accepted -= std::min(message.spans, partial.rejected_spans);
    if (partial.rejected_spans > 0) sent.problem = std::move(partial.message);
  }
  return sent;
}

}  // namespace clew::load
