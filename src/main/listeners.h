// The servers of a role, started together and stopped together.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "base/byte_budget.h"
#include "base/limits.h"
#include "main/roles.h"
#include "net/grpc_server.h"
#include "net/http_server.h"
#include "net/kafka.h"
#include "net/udp_server.h"
#include "otlp/sink.h"

namespace clew {

/// When a shutdown that begins now must be over.
class ShutdownTime {
 public:
  explicit ShutdownTime(std::chrono::milliseconds timeout)
      : begin_(std::chrono::steady_clock::now()), timeout_(timeout) {}
  std::chrono::steady_clock::time_point half() const { return begin_ + timeout_ / 2; }
  std::chrono::steady_clock::time_point end() const { return begin_ + timeout_; }

 private:
  std::chrono::steady_clock::time_point begin_;
  std::chrono::milliseconds timeout_;
};

/// What the requests of several listeners may take together, and each of them.
struct RequestLimits {
  std::shared_ptr<ByteBudget> inflight = nullptr;  // null: each listener has its own
  size_t request_bytes = limits::kRequestBytes;    // compressed or not
};

/// What the HTTP ports of receivers serve beside them.
struct MoreRoutes {
  net::HttpRoutes otlp = {}, zipkin = {};
};

class Listeners {
 public:
  explicit Listeners(const CommonConfig& config, RequestLimits limits = {})
      : config_(config), limits_(std::move(limits)) {}

  /// Starts the receivers that are on; what they take goes to `sink`, and logs and metrics to
  /// `payloads`. Without one nobody takes those: they get UNIMPLEMENTED and 404.
  Result<void> start_receivers(const ReceiverConfig& receivers, const otlp::Sink& sink,
                               const otlp::PayloadSink& payloads = {}, MoreRoutes more = {});

  /// Starts an HTTP listener, if there is an address for it; its own errors (404, 413, …) are
  /// worded in `error_form`. `grpc` are methods that its port serves as well.
  Result<void> start_http(const std::string& name, const std::string& flag,
                          const std::optional<net::Address>& address, net::HttpErrorForm error_form,
                          net::HttpRoutes routes, std::optional<net::GrpcMethods> grpc = {});

  /// Starts a gRPC listener, if there is an address for it.
  Result<void> start_grpc(const std::string& name, const std::string& flag,
                          const std::optional<net::Address>& address, net::GrpcMethods methods);

  /// Stops them all; what is in flight is answered until `end`. They are gone afterwards.
  void stop(std::chrono::steady_clock::time_point end);

 private:
  Result<void> start_otlp(const ReceiverConfig& receivers, const otlp::Sink& sink,
                          const otlp::PayloadSink& payloads, net::HttpRoutes routes);
  Result<void> start_zipkin(const ReceiverConfig& receivers, const otlp::Sink& sink,
                            net::HttpRoutes routes);
  Result<void> start_jaeger(const ReceiverConfig& receivers, const otlp::Sink& sink);
  Result<void> start_kafka(const ReceiverConfig& receivers, const otlp::Sink& sink,
                           const otlp::PayloadSink& payloads);
  Result<void> start_udp(const std::string& name, const std::string& flag,
                         const std::optional<net::Address>& address, net::PacketHandler handler);

  /// Serves what `http` leaves to gRPC.
  Result<void> share_port(net::HttpServerOptions& http, net::GrpcMethods methods);

  std::optional<net::TlsFiles> tls() const;
  /// Null if everyone is let in; made on first use.
  Result<std::shared_ptr<net::Authenticator>> authenticator();
  void announce(const std::string& name, const net::Address& address, uint16_t port,
                bool datagrams) const;

  const CommonConfig& config_;
  const RequestLimits limits_;
  std::shared_ptr<net::Authenticator> authenticator_;
  std::vector<std::unique_ptr<net::HttpServer>> http_;
  std::vector<std::unique_ptr<net::GrpcServer>> grpc_;
  std::vector<std::unique_ptr<net::UdpServer>> udp_;
  std::vector<std::unique_ptr<net::KafkaConsumer>> kafka_;
};

}  // namespace clew
