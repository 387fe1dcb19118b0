#include "receive/zipkin_endpoint.h"

#include <functional>
#include <map>
#include <utility>

#include "receive/content_type.h"
#include "receive/ingest.h"
#include "receive/plain_answer.h"
#include "receive/zipkin_json.h"
#include "receive/zipkin_proto.h"
#include "receive/zipkin_thrift.h"

namespace clew::receive {
namespace {

/// One of Zipkin's formats to OTLP protobuf.
using Decode = std::function<Result<std::string>(std::string_view)>;

/// Zipkin's formats by media type; no type means JSON.
using Formats = std::map<std::string, Decode>;

constexpr char kJson[] = "application/json";

/// The request's body as OTLP protobuf.
Result<SharedBytes> decode_body(const net::HttpRequest& request, const Formats& formats) {
  std::string type = media_type(request.header("Content-Type"));
  auto format = formats.find(type.empty() ? kJson : type);
  if (format == formats.end())
    return fail(Code::kUnsupported, "Content-Type: \"{}\" is not spoken here, use {}", type, kJson);
  auto body = request.decoded_body();
  if (!body) return body;
  auto protobuf = format->second(body->view());
  if (!protobuf) return std::unexpected(std::move(protobuf.error()));
  return SharedBytes::take(*std::move(protobuf));
}

void add_route(net::HttpRoutes& routes, std::string_view path, std::shared_ptr<Ingest> ingest,
               Formats formats) {
  auto handler = [ingest = std::move(ingest), formats = std::move(formats)](
                     net::HttpRequest request, net::HttpResponder responder) {
    ingest->take(request.body.size(), Tenant::parse(request.header("X-Scope-OrgID")),
                 decode_body(request, formats),
                 [responder = std::move(responder)](Result<Ingest::Taken> result) mutable {
                   responder.send(plain_answer(result));
                 });
  };
  routes.add("POST", path, std::move(handler));
}

}  // namespace

void add_zipkin(net::HttpRoutes& routes, bool parse_string_tags, otlp::Sink sink) {
  auto ingest = Ingest::make("zipkin", "http", std::move(sink));
  auto with_option = [parse_string_tags](auto decode) {
    return [parse_string_tags, decode](std::string_view body) {
      return decode(body, parse_string_tags);
    };
  };
  Decode v2_proto = with_option(zipkin_proto_to_otlp);
  add_route(routes, "/api/v2/spans", ingest,
            {{kJson, with_option(zipkin_v2_json_to_otlp)},
             {"application/x-protobuf", v2_proto},
             {"application/protobuf", v2_proto}});
  add_route(routes, "/api/v1/spans", ingest,
            {{kJson, with_option(zipkin_v1_json_to_otlp)},
             {"application/x-thrift", zipkin_v1_thrift_to_otlp}});
  routes.add_inline("GET", "/health", [](net::HttpRequest, net::HttpResponder responder) {
    responder.send(net::HttpResponse::json(200, R"({"status":"UP"})"));
  });
}

}  // namespace clew::receive
