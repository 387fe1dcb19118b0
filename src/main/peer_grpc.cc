// Peers that speak gRPC: OTLP, and Jaeger's own protocol.
#include <utility>

#include "main/peer.h"
#include "net/grpc_client.h"
#include "otlp/jaeger_proto.h"

namespace clew {
namespace {

const char* export_method(otlp::Signal signal) {
  switch (signal) {
    case otlp::Signal::kTraces:
      return "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    case otlp::Signal::kLogs:
      return "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
    case otlp::Signal::kMetrics:
      return "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
  }
  std::unreachable();
}

class GrpcPeer : public Peer {
 public:
  GrpcPeer(std::string name, std::chrono::milliseconds timeout,
           std::unique_ptr<net::GrpcClient> client,
           std::shared_ptr<net::Authorization> authorization)
      : name_(std::move(name)),
        timeout_(timeout),
        client_(std::move(client)),
        authorization_(std::move(authorization)) {}

  void send(otlp::Signal signal, const Tenant& tenant, SharedBytes request, Done done) override {
    send_authorized(authorization_, std::move(done),
                    [this, signal, tenant, request = std::move(request)](net::HttpFields headers,
                                                                         Done judged) mutable {
                      headers.emplace_back("x-scope-orgid", tenant.name());
                      call(signal, std::move(request), headers, std::move(judged));
                    });
  }

 protected:
  virtual void call(otlp::Signal signal, SharedBytes request, const net::HttpFields& headers,
                    Done done) = 0;

  const std::string name_;
  const std::chrono::milliseconds timeout_;
  const std::unique_ptr<net::GrpcClient> client_;

 private:
  // Last, so that it goes first: it may still send through the client.
  const std::shared_ptr<net::Authorization> authorization_;
};

class OtlpGrpcPeer final : public GrpcPeer {
 public:
  using GrpcPeer::GrpcPeer;

 private:
  void call(otlp::Signal signal, SharedBytes request, const net::HttpFields& headers,
            Done done) override {
    client_->call(
        export_method(signal), std::move(request), timeout_,
        [this, signal, done = std::move(done)](Result<std::string> answer) mutable {
          if (!answer) return done(std::unexpected(std::move(answer.error())));
          note_rejections(name_, signal, *answer);
          done({});
        },
        headers);
  }
};

class JaegerPeer final : public GrpcPeer {
 public:
  using GrpcPeer::GrpcPeer;
  bool traces_only() const override { return true; }

 private:
  void call(otlp::Signal, SharedBytes request, const net::HttpFields& headers, Done done) override {
    auto body = otlp::jaeger_post_spans(request);
    if (!body) return done(std::unexpected(std::move(body.error())));
    client_->call(
        otlp::kJaegerPostSpans, SharedBytes::take(*std::move(body)), timeout_,
        [done = std::move(done)](const Result<std::string>& answer) mutable {
          done(answer ? Result<void>() : std::unexpected(answer.error()));
        },
        headers);
  }
};

net::GrpcCompression compression_of(const std::string& name) {
  if (name == "gzip") return net::GrpcCompression::kGzip;
  return name == "deflate" ? net::GrpcCompression::kDeflate : net::GrpcCompression::kNone;
}

}  // namespace

Result<std::unique_ptr<Peer>> make_grpc_peer(const std::string& name,
                                             const ExporterConfig& config) {
  net::GrpcClientOptions options{.target = config.endpoint,
                                 .headers = config.headers,
                                 .compression = compression_of(config.compression)};
  if (config.uses_tls()) options.tls = config.tls;
  auto client = net::GrpcClient::create(std::move(options));
  if (!client) return std::unexpected(client.error());
  auto authorization = make_authorization(config.auth);
  if (!authorization) return std::unexpected(authorization.error());
  auto make = [&]<typename Kind>() -> std::unique_ptr<Peer> {
    return std::make_unique<Kind>(name, config.timeout, *std::move(client),
                                  *std::move(authorization));
  };
  return exporter_type(name) == "jaeger" ? make.operator()<JaegerPeer>()
                                         : make.operator()<OtlpGrpcPeer>();
}

}  // namespace clew
