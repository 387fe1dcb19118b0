#include "receive/otlp_endpoint.h"

#include <fmt/format.h>

#include <utility>

#include "base/json.h"
#include "otlp/writer.h"
#include "receive/content_type.h"
#include "receive/ingest.h"
#include "receive/otlp_json.h"

namespace clew::receive {
namespace {

constexpr std::string_view kProtobuf = "application/x-protobuf";
constexpr std::string_view kJson = "application/json";

/// The request's body as OTLP protobuf.
Result<SharedBytes> decode_body(const net::HttpRequest& request, std::string_view type) {
  if (type != kJson && type != kProtobuf && type != "application/protobuf")
    return fail(Code::kUnsupported, "Content-Type: \"{}\" is not spoken here, use {} or {}", type,
                kProtobuf, kJson);
  auto body = request.decoded_body();
  if (!body || type != kJson || body->empty()) return body;
  auto protobuf = otlp_json_to_protobuf(body->view());
  if (!protobuf) return std::unexpected(std::move(protobuf.error()));
  return SharedBytes::take(*std::move(protobuf));
}

std::string json_response(const Ingest::Taken& taken) {
  if (taken.rejected_spans == 0) return "{}";
  // A 64-bit number is a string in protobuf's JSON.
  std::string out = fmt::format(R"({{"partialSuccess":{{"rejectedSpans":"{}","errorMessage":)",
                                taken.rejected_spans);
  append_json_string(out, taken.message);
  return out + "}}";
}

net::HttpResponse response_to(const Result<Ingest::Taken>& result, bool json) {
  if (!result) return net::HttpResponse::rpc_error(result.error(), json);
  if (json) return net::HttpResponse::json(200, json_response(*result));
  return {
      .status = 200,
      .content_type = std::string(kProtobuf),
      .body = SharedBytes::take(otlp::export_response(result->rejected_spans, result->message))};
}

}  // namespace

void add_otlp_http(net::HttpRoutes& routes, otlp::Sink sink) {
  auto ingest = Ingest::make("otlp", "http", std::move(sink));
  auto handler = [ingest](net::HttpRequest request, net::HttpResponder responder) {
    std::string type = media_type(request.header("Content-Type"));
    // Who sends neither form is answered in the one that people can read.
    bool json = !type.ends_with("protobuf");
    ingest->take(request.body.size(), Tenant::parse(request.header("X-Scope-OrgID")),
                 decode_body(request, type),
                 [json, responder = std::move(responder)](Result<Ingest::Taken> result) mutable {
                   responder.send(response_to(result, json));
                 });
  };
  routes.add("POST", "/v1/traces", std::move(handler));
}

void add_otlp_grpc(net::GrpcMethods& methods, otlp::Sink sink) {
  auto ingest = Ingest::make("otlp", "grpc", std::move(sink));
  auto handler = [ingest](net::GrpcRequest request, net::GrpcResponder responder) {
    auto tenant = Tenant::parse(request.meta("x-scope-orgid"));
    ingest->take(request.body.size(), tenant, request.body,
                 [responder = std::move(responder)](Result<Ingest::Taken> result) mutable {
                   if (!result) return responder.send(std::unexpected(std::move(result.error())));
                   responder.send(otlp::export_response(result->rejected_spans, result->message));
                 });
  };
  methods.unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export", std::move(handler));
}

}  // namespace clew::receive
