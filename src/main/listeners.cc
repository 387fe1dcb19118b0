#include "main/listeners.h"

#include <algorithm>

#include "base/log.h"
#include "receive/otlp_endpoint.h"
#include "receive/zipkin_endpoint.h"

namespace clew {
namespace {

bool is_loopback(const std::string& host) {
  return host.starts_with("127.") || host == "::1" || host == "localhost";
}

}  // namespace

Result<void> Listeners::start_receivers(const ReceiverConfig& receivers, const otlp::Sink& sink,
                                        const otlp::PayloadSink& payloads) {
  if (receivers.otlp_grpc) {
    net::GrpcMethods methods;
    receive::add_otlp_grpc(methods, sink);
    if (payloads) receive::add_otlp_grpc_payloads(methods, payloads);
    auto server = net::GrpcServer::start(
        {.address = *receivers.otlp_grpc, .name = "otlp-grpc", .flag = "--otlp-grpc", .tls = tls()},
        std::move(methods));
    if (!server) return std::unexpected(server.error());
    grpc_ = *std::move(server);
    announce("OTLP/gRPC", *receivers.otlp_grpc, grpc_->port());
  }
  net::HttpRoutes otlp_routes, zipkin_routes;
  receive::add_otlp_http(otlp_routes, sink);
  if (payloads) receive::add_otlp_http_payloads(otlp_routes, payloads);
  receive::add_zipkin(zipkin_routes, sink);
  return in_order(
      [&] {
        return start_http("OTLP/HTTP", "--otlp-http", receivers.otlp_http,
                          net::HttpErrorForm::kRpcStatus, std::move(otlp_routes));
      },
      [&] {
        return start_http("Zipkin", "--zipkin", receivers.zipkin, net::HttpErrorForm::kText,
                          std::move(zipkin_routes));
      });
}

Result<void> Listeners::start_http(const std::string& name, const std::string& flag,
                                   const std::optional<net::Address>& address,
                                   net::HttpErrorForm error_form, net::HttpRoutes routes) {
  if (!address) return {};
  auto server = net::HttpServer::start(
      {.address = *address, .name = name, .flag = flag, .error_form = error_form, .tls = tls()},
      std::move(routes));
  if (!server) return std::unexpected(server.error());
  announce(name, *address, (*server)->port());
  http_.push_back(*std::move(server));
  return {};
}

void Listeners::stop(std::chrono::steady_clock::time_point end) {
  auto left = [end] {
    auto now = std::chrono::steady_clock::now();
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::max(end, now) - now);
  };
  if (grpc_) grpc_->stop(left());
  for (auto& server : http_) server->stop(left());
  grpc_.reset();
  http_.clear();
}

std::optional<net::TlsFiles> Listeners::tls() const {
  if (config_.tls.cert_file.empty()) return std::nullopt;
  return config_.tls;
}

void Listeners::announce(const std::string& name, const net::Address& address,
                         uint16_t port) const {
  log::info("{} listens on {}{}", name, net::Address{address.host, port}.to_string(),
            tls() ? " (TLS)" : "");
  if (!is_loopback(address.host) && config_.tls.ca_file.empty())
    log::warn("{} admits anyone who reaches {}: set tls.client_ca_file, or keep it on loopback",
              name, address.host);
}

}  // namespace clew
