#include "receive/jaeger_endpoint.h"

#include <utility>

#include "receive/content_type.h"
#include "receive/ingest.h"
#include "receive/jaeger_proto.h"
#include "receive/jaeger_thrift.h"
#include "receive/plain_answer.h"

namespace clew::receive {
namespace {

Result<SharedBytes> shared(Result<std::string> protobuf) {
  if (!protobuf) return std::unexpected(std::move(protobuf.error()));
  return SharedBytes::take(*std::move(protobuf));
}

/// The request's body as OTLP protobuf.
Result<SharedBytes> decode_body(const net::HttpRequest& request) {
  constexpr std::string_view kThrift = "application/x-thrift";
  std::string type = media_type(request.header("Content-Type"));
  if (type != kThrift && type != "application/vnd.apache.thrift.binary")
    return fail(Code::kUnsupported, "Content-Type: \"{}\" is not spoken here, use {}", type,
                kThrift);
  auto body = request.decoded_body();
  if (!body) return body;
  return shared(jaeger_binary_batch_to_otlp(body->view()));
}

using DecodePacket = Result<std::string> (*)(std::string_view);

net::PacketHandler packets(std::string_view transport, DecodePacket decode, otlp::Sink sink) {
  auto ingest = Ingest::make("jaeger", transport, std::move(sink));
  return [ingest, decode](std::string_view packet) {
    ingest->take(packet.size(), Tenant(), shared(decode(packet)), [](Result<Ingest::Taken>) {
      // There is nobody to tell; Ingest has counted it.
    });
  };
}

}  // namespace

net::PacketHandler jaeger_compact_packets(otlp::Sink sink) {
  return packets("udp_thrift_compact", jaeger_compact_call_to_otlp, std::move(sink));
}

net::PacketHandler jaeger_binary_packets(otlp::Sink sink) {
  return packets("udp_thrift_binary", jaeger_binary_call_to_otlp, std::move(sink));
}

void add_jaeger_http(net::HttpRoutes& routes, otlp::Sink sink) {
  auto ingest = Ingest::make("jaeger", "http", std::move(sink));
  auto handler = [ingest](net::HttpRequest request, net::HttpResponder responder) {
    ingest->take(request.body.size(), Tenant::parse(request.header("X-Scope-OrgID")),
                 decode_body(request),
                 [responder = std::move(responder)](Result<Ingest::Taken> result) mutable {
                   responder.send(plain_answer(result));
                 });
  };
  routes.add("POST", "/api/traces", std::move(handler));
}

void add_jaeger_grpc(net::GrpcMethods& methods, otlp::Sink sink) {
  auto ingest = Ingest::make("jaeger", "grpc", std::move(sink));
  auto handler = [ingest](net::GrpcRequest request, net::GrpcResponder responder) {
    ingest->take(request.body.size(), Tenant::parse(request.meta("x-scope-orgid")),
                 shared(jaeger_proto_to_otlp(request.body.view())),
                 [responder = std::move(responder)](Result<Ingest::Taken> result) mutable {
                   if (!result) return responder.send(std::unexpected(std::move(result.error())));
                   responder.send(std::string());  // an empty PostSpansResponse
                 });
  };
  methods.unary("/jaeger.api_v2.CollectorService/PostSpans", std::move(handler));
}

}  // namespace clew::receive
