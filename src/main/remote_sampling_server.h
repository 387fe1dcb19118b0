// The listeners on which Jaeger's clients ask how to sample.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "agent/remote/remote_sampling.h"
#include "net/address.h"
#include "net/grpc_server.h"
#include "net/http_server.h"
#include "net/tls.h"

namespace clew {

struct RemoteSamplingConfig {
  std::optional<net::Address> http = net::Address{"127.0.0.1", 5778};
  std::optional<net::Address> grpc;
  agent::RemoteSamplingOptions sampling;
};

/// GET /sampling?service=NAME, and / as Jaeger 2 has it, on HTTP; the method
/// jaeger.api_v2.SamplingManager/GetSamplingStrategy on gRPC.
class RemoteSamplingServer {
 public:
  /// Reads the strategies and listens; fails with what is wrong.
  static Result<std::unique_ptr<RemoteSamplingServer>> start(
      const RemoteSamplingConfig& config, const std::optional<net::TlsFiles>& tls);

  /// For every batch that the agent takes, before anything is dropped.
  void observe(const otlp::Batch& batch) { sampling_->observe(batch); }

  void stop(std::chrono::milliseconds deadline);

 private:
  explicit RemoteSamplingServer(std::unique_ptr<agent::RemoteSampling> sampling)
      : sampling_(std::move(sampling)) {}

  Result<void> listen(const RemoteSamplingConfig& config, const std::optional<net::TlsFiles>& tls);

  std::unique_ptr<agent::RemoteSampling> sampling_;  // outlives the servers
  std::unique_ptr<net::HttpServer> http_;
  std::unique_ptr<net::GrpcServer> grpc_;
};

}  // namespace clew
