#include "receive/zipkin_endpoint.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "net/status.h"
#include "receive/content_type.h"
#include "receive/ingest.h"
#include "receive/zipkin_json.h"

namespace clew::receive {
namespace {

/// The request's body as OTLP protobuf.
Result<SharedBytes> decode_body(const net::HttpRequest& request) {
  std::string type = media_type(request.header("Content-Type"));
  if (type.ends_with("protobuf"))
    return fail(Code::kUnsupported, "Zipkin's protobuf form is not spoken here, send JSON");
  if (!type.empty() && type != "application/json")
    return fail(Code::kUnsupported, "Content-Type: \"{}\" is not spoken here, use application/json",
                type);
  auto body = request.decoded_body();
  if (!body) return body;
  auto protobuf = zipkin_v2_json_to_otlp(body->view());
  if (!protobuf) return std::unexpected(std::move(protobuf.error()));
  return SharedBytes::take(*std::move(protobuf));
}

net::HttpResponse response_to(const Result<Ingest::Taken>& result) {
  if (result) return {.status = 202};
  const Error& error = result.error();
  auto response = net::HttpResponse::text(net::http_status(error.code), error.message + '\n');
  if (error.retry_after) {
    auto seconds = std::chrono::ceil<std::chrono::seconds>(*error.retry_after);
    response.headers.emplace_back("Retry-After",
                                  std::to_string(std::max<int64_t>(1, seconds.count())));
  }
  return response;
}

}  // namespace

void add_zipkin(net::HttpRoutes& routes, otlp::Sink sink) {
  auto ingest = Ingest::make("zipkin", "http", std::move(sink));
  auto handler = [ingest](net::HttpRequest request, net::HttpResponder responder) {
    ingest->take(request.body.size(), Tenant::parse(request.header("X-Scope-OrgID")),
                 decode_body(request),
                 [responder = std::move(responder)](Result<Ingest::Taken> result) mutable {
                   responder.send(response_to(result));
                 });
  };
  routes.add("POST", "/api/v2/spans", std::move(handler));
  routes.add_inline("GET", "/health", [](net::HttpRequest, net::HttpResponder responder) {
    responder.send(net::HttpResponse::json(200, R"({"status":"UP"})"));
  });
}

}  // namespace clew::receive
