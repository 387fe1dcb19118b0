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
Result<SharedBytes> decode_body(const net::HttpRequest& request, std::string_view type,
                                otlp::Signal signal) {
  if (type != kJson && type != kProtobuf && type != "application/protobuf")
    return fail(Code::kUnsupported, "Content-Type: \"{}\" is not spoken here, use {} or {}", type,
                kProtobuf, kJson);
  auto body = request.decoded_body();
  if (!body || type != kJson || body->empty()) return body;
  auto protobuf = otlp_json_to_protobuf(body->view(), signal);
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

void add_http(net::HttpRoutes& routes, otlp::Signal signal, std::shared_ptr<Ingest> ingest) {
  auto handler = [signal, ingest = std::move(ingest)](net::HttpRequest request,
                                                      net::HttpResponder responder) {
    std::string type = media_type(request.header("Content-Type"));
    // Who sends neither form is answered in the one that people can read.
    bool json = !type.ends_with("protobuf");
    ingest->take(request.body.size(), Tenant::parse(request.header("X-Scope-OrgID")),
                 decode_body(request, type, signal),
                 [json, responder = std::move(responder)](Result<Ingest::Taken> result) mutable {
                   responder.send(response_to(result, json));
                 });
  };
  routes.add("POST", fmt::format("/v1/{}", otlp::name_of(signal)), std::move(handler));
}

void add_grpc(net::GrpcMethods& methods, otlp::Signal signal, std::shared_ptr<Ingest> ingest) {
  auto handler = [ingest = std::move(ingest)](net::GrpcRequest request,
                                              net::GrpcResponder responder) {
    auto tenant = Tenant::parse(request.meta("x-scope-orgid"));
    ingest->take(request.body.size(), tenant, request.body,
                 [responder = std::move(responder)](Result<Ingest::Taken> result) mutable {
                   if (!result) return responder.send(std::unexpected(std::move(result.error())));
                   responder.send(otlp::export_response(result->rejected_spans, result->message));
                 });
  };
  methods.unary(std::string(otlp::grpc_method_of(signal)), std::move(handler));
}

}  // namespace

void add_otlp_http(net::HttpRoutes& routes, otlp::Sink sink) {
  add_http(routes, otlp::Signal::kTraces, Ingest::make("otlp", "http", std::move(sink)));
}

void add_otlp_grpc(net::GrpcMethods& methods, otlp::Sink sink) {
  add_grpc(methods, otlp::Signal::kTraces, Ingest::make("otlp", "grpc", std::move(sink)));
}

void add_otlp_http_payloads(net::HttpRoutes& routes, const otlp::PayloadSink& sink) {
  for (otlp::Signal signal : {otlp::Signal::kLogs, otlp::Signal::kMetrics})
    add_http(routes, signal, Ingest::make("otlp", "http", signal, sink));
}

void add_otlp_grpc_payloads(net::GrpcMethods& methods, const otlp::PayloadSink& sink) {
  for (otlp::Signal signal : {otlp::Signal::kLogs, otlp::Signal::kMetrics})
    add_grpc(methods, signal, Ingest::make("otlp", "grpc", signal, sink));
}

}  // namespace clew::receive
