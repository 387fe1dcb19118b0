#include "main/remote_sampling.h"

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

Result<std::unique_ptr<agent::RemoteSampling>> start_remote_sampling(
    const RemoteSamplingConfig& config, Listeners& listeners) {
  auto sampling = agent::RemoteSampling::open(config.sampling, Disk::system(), Clock::system());
  if (!sampling)
    return fail(sampling.error().code, "remote_sampling.strategies_file: {}",
                sampling.error().message);
  auto started = in_order(
      [&] {
        return listeners.start_http("remote sampling", "remote_sampling.http", config.http,
                                    net::HttpErrorForm::kText, routes_of(**sampling));
      },
      [&] {
        return listeners.start_grpc("remote sampling (gRPC)", "remote_sampling.grpc", config.grpc,
                                    methods_of(**sampling));
      });
  // Listeners that have started go before what they answer from.
  if (!started) listeners.stop(std::chrono::steady_clock::now());
  if (!started) return std::unexpected(started.error());
  return sampling;
}

}  // namespace clew
