#include "opamp/endpoint.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "base/limits.h"
#include "base/metrics.h"
#include "net/address.h"
#include "net/status.h"

namespace clew::opamp {
namespace {

using net::HttpRequest;
using net::HttpResponder;
using net::HttpResponse;

constexpr char kPath[] = "/v1/opamp";
constexpr std::string_view kProtobuf = "application/x-protobuf";

HttpResponse response_of(int status, const ServerAnswer& answer) {
  return {.status = status,
          .content_type = std::string(kProtobuf),
          .body = SharedBytes::take(write(answer))};
}

/// An error in the form that agents read.
HttpResponse refusal_of(const Error& error) {
  return response_of(net::http_status(error.code),
                     {.refused = ServerAnswer::Refused{
                          .type = is_retryable(error) ? ServerAnswer::Refusal::kUnavailable
                                                      : ServerAnswer::Refusal::kBadRequest,
                          .message = error.message}});
}

/// "127.0.0.1" of "127.0.0.1:53124".
std::string_view host_of(std::string_view peer) {
  return peer.substr(0, peer.rfind(':'));
}

Result<AgentReport> report_in(HttpRequest& request) {
  std::string_view type = request.header("Content-Type");
  if (type.substr(0, type.find(';')) != kProtobuf)
    return fail(Code::kUnsupported, "Content-Type: \"{}\" is not spoken here, use {}", type,
                kProtobuf);
  request.max_decoded_bytes = limits::kOpampMessageBytes;
  if (request.body.size() > limits::kOpampMessageBytes) {
    metrics::count_limit_hit("opamp_message_bytes");
    return fail(Code::kTooLarge, "a report may have {} bytes", limits::kOpampMessageBytes);
  }
  auto body = request.decoded_body();
  if (!body) return std::unexpected(std::move(body.error()));
  return read_report(body->view());
}

void take(Agents& agents, HttpRequest request, HttpResponder responder) {
  auto report = report_in(request);
  if (!report) {
    metrics::counter("clew_opamp_reports_total", "Reports of agents by what became of them",
                     {{"outcome", "refused"}})
        .Increment();
    return responder.send(refusal_of(report.error()));
  }
  ServerAnswer answer = agents.take(*std::move(report), host_of(request.peer));
  HttpResponse response = response_of(answer.refused ? 503 : 200, answer);
  if (answer.refused) {
    auto wait = std::chrono::ceil<std::chrono::seconds>(answer.refused->retry_after);
    response.headers.emplace_back("Retry-After", fmt::format("{}", wait.count()));
  }
  responder.send(std::move(response));
}

}  // namespace

void add_opamp(net::HttpRoutes& routes, Agents& agents) {
  routes.add("POST", kPath, [&agents](HttpRequest request, HttpResponder responder) {
    take(agents, std::move(request), std::move(responder));
  });
  // A Collector that is told `server: ws:` asks for a WebSocket; its log shows what it gets.
  routes.add_inline("GET", kPath, [](const HttpRequest&, HttpResponder responder) {
    HttpResponse response = HttpResponse::text(
        405, "OpAMP is spoken here over plain HTTP: POST, in a Collector `server: http:`\n");
    response.headers.emplace_back("Allow", "POST");
    responder.send(std::move(response));
  });
}

}  // namespace clew::opamp
