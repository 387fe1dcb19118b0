#include "main/remote_sampling_server.h"

#include "base/log.h"

namespace clew {
namespace {

void answer_http(agent::RemoteSampling& sampling, const net::HttpRequest& request,
                 net::HttpResponder responder) {
  auto services = request.query_params("service");
  if (services.size() != 1)
    return responder.send(
        net::HttpResponse::text(400, "'service' parameter must be provided once\n"));
  responder.send(
      net::HttpResponse::json(200, agent::strategy_json(sampling.strategy_of(services[0]))));
}

net::HttpRoutes routes_of(agent::RemoteSampling& sampling) {
  net::HttpRoutes routes;
  for (const char* path : {"/sampling", "/"})
    routes.add("GET", path, [&sampling](const net::HttpRequest& request, auto responder) {
      answer_http(sampling, request, std::move(responder));
    });
  return routes;
}

net::GrpcMethods methods_of(agent::RemoteSampling& sampling) {
  net::GrpcMethods methods;
  methods.unary("/jaeger.api_v2.SamplingManager/GetSamplingStrategy",
                [&sampling](const net::GrpcRequest& request, net::GrpcResponder responder) {
                  std::string service = agent::service_of_request(request.body.view());
                  responder.send(agent::strategy_proto(sampling.strategy_of(service)));
                });
  return methods;
}

}  // namespace

Result<std::unique_ptr<RemoteSamplingServer>> RemoteSamplingServer::start(
    const RemoteSamplingConfig& config, const std::optional<net::TlsFiles>& tls) {
  auto sampling = agent::RemoteSampling::open(config.sampling, Disk::system(), Clock::system());
  if (!sampling)
    return fail(sampling.error().code, "remote_sampling.strategies_file: {}",
                sampling.error().message);
  std::unique_ptr<RemoteSamplingServer> server(new RemoteSamplingServer(*std::move(sampling)));
  if (auto listens = server->listen(config, tls); !listens) return std::unexpected(listens.error());
  return server;
}

Result<void> RemoteSamplingServer::listen(const RemoteSamplingConfig& config,
                                          const std::optional<net::TlsFiles>& tls) {
  if (config.http) {
    auto http = net::HttpServer::start({.address = *config.http,
                                        .name = "remote sampling",
                                        .flag = "remote_sampling.http",
                                        .tls = tls},
                                       routes_of(*sampling_));
    if (!http) return std::unexpected(http.error());
    http_ = *std::move(http);
    log::info("remote sampling listens on {}",
              net::Address{config.http->host, http_->port()}.to_string());
  }
  if (config.grpc) {
    auto grpc = net::GrpcServer::start({.address = *config.grpc,
                                        .name = "remote sampling",
                                        .flag = "remote_sampling.grpc",
                                        .tls = tls},
                                       methods_of(*sampling_));
    if (!grpc) return std::unexpected(grpc.error());
    grpc_ = *std::move(grpc);
    log::info("remote sampling over gRPC listens on {}",
              net::Address{config.grpc->host, grpc_->port()}.to_string());
  }
  return {};
}

void RemoteSamplingServer::stop(std::chrono::milliseconds deadline) {
  if (http_) http_->stop(deadline);
  if (grpc_) grpc_->stop(deadline);
}

}  // namespace clew
