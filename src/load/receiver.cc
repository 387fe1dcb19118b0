#include "load/receiver.h"

#include "base/limits.h"
#include "net/encoding.h"
#include "otlp/messages.h"

namespace clew::load {
namespace {

constexpr std::string_view kGrpcScheme = "grpc://", kHttpScheme = "http://";
constexpr char kProtobuf[] = "application/x-protobuf";

uint64_t count_spans(std::string_view request) {
  namespace f = otlp::fields;
  uint64_t spans = 0;
  for (std::string_view resource : otlp::MessageRange(request, f::request::kResourceSpans))
    for (std::string_view scope : otlp::MessageRange(resource, f::resource_spans::kScopeSpans))
      for ([[maybe_unused]] std::string_view span :
           otlp::MessageRange(scope, f::scope_spans::kSpans))
        ++spans;
  return spans;
}

net::HttpResponse answer(const Result<void>& taken) {
  if (!taken) return net::HttpResponse::rpc_error(taken.error(), /*json=*/false);
  return {.status = 200, .content_type = kProtobuf};
}

}  // namespace

Result<ReceiveAddress> ReceiveAddress::parse(std::string_view text) {
  ReceiveAddress parsed;
  if (text.starts_with(kHttpScheme)) {
    parsed.transport = Transport::kHttp;
    text.remove_prefix(kHttpScheme.size());
  } else if (text.starts_with(kGrpcScheme)) {
    text.remove_prefix(kGrpcScheme.size());
  }
  auto address = net::Address::parse(text);
  if (!address) return std::unexpected(std::move(address.error()));
  parsed.address = *std::move(address);
  return parsed;
}

Result<std::unique_ptr<Receiver>> Receiver::start(const std::vector<ReceiveAddress>& addresses,
                                                  OnBatch on_batch) {
  auto receiver = std::unique_ptr<Receiver>(new Receiver(std::move(on_batch)));
  for (const ReceiveAddress& address : addresses)
    if (auto listens = receiver->listen(address); !listens)
      return std::unexpected(std::move(listens.error()));
  return receiver;
}

Receiver::~Receiver() = default;

Result<void> Receiver::listen(const ReceiveAddress& address) {
  if (address.transport == ReceiveAddress::Transport::kGrpc) {
    auto server =
        net::GrpcServer::start({.address = address.address, .flag = "--receive"}, grpc_methods());
    if (!server) return std::unexpected(std::move(server.error()));
    grpc_.push_back(*std::move(server));
    return {};
  }
  auto server =
      net::HttpServer::start({.address = address.address, .flag = "--receive"}, http_routes());
  if (!server) return std::unexpected(std::move(server.error()));
  http_.push_back(*std::move(server));
  return {};
}

net::GrpcMethods Receiver::grpc_methods() {
  constexpr std::string_view kServices = "/opentelemetry.proto.collector.";
  net::GrpcMethods methods;
  methods.unary(fmt::format("{}trace.v1.TraceService/Export", kServices),
                [this](net::GrpcRequest request, net::GrpcResponder responder) {
                  auto taken = take(request.body);
                  responder.send(taken ? Result<std::string>("") : std::unexpected(taken.error()));
                });
  for (const char* other : {"logs.v1.LogsService/Export", "metrics.v1.MetricsService/Export"})
    methods.unary(
        fmt::format("{}{}", kServices, other),
        [](const net::GrpcRequest&, net::GrpcResponder responder) { responder.send(""); });
  return methods;
}

net::HttpRoutes Receiver::http_routes() {
  net::HttpRoutes routes;
  routes.add("POST", "/v1/traces", [this](const net::HttpRequest& request, net::HttpResponder to) {
    auto body = net::decode_content(request.header("Content-Encoding"), request.body,
                                    limits::kDecompressedBytes);
    to.send(answer(body ? take(*body) : std::unexpected(std::move(body.error()))));
  });
  for (const char* other : {"/v1/logs", "/v1/metrics"})
    routes.add_inline("POST", other,
                      [](const net::HttpRequest&, net::HttpResponder to) { to.send(answer({})); });
  return routes;
}

Result<void> Receiver::take(const SharedBytes& request) {
  uint64_t spans = 0;
  if (on_batch_) {
    auto batch = otlp::Batch::index(request);
    if (!batch) {
      ++malformed_;
      return std::unexpected(std::move(batch.error()));
    }
    on_batch_(*batch);
    spans = batch->spans().size();
  } else {
    spans = count_spans(request.view());
  }
  ++requests_;
  bytes_ += request.size();
  spans_ += spans;
  if (spans > 0) last_spans_at_ = std::chrono::steady_clock::now();
  return {};
}

Receiver::Counts Receiver::counts() const {
  return {.spans = spans_,
          .requests = requests_,
          .bytes = bytes_,
          .malformed = malformed_,
          .last_spans_at = last_spans_at_};
}

}  // namespace clew::load
