// How messages travel: an HTTP connection, a gRPC channel, a UDP socket.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"

namespace clew::load {

/// How long an answer is waited for.
inline constexpr std::chrono::seconds kAnswerTimeout{60};

/// One connection. Not for several threads at once.
class Transport {
 public:
  virtual ~Transport() = default;

  /// Sends one message and waits for the answer: its body, or why the message was refused or
  /// failed.
  virtual Result<std::string> send(std::string message) = 0;
};

struct HttpTransportOptions {
  std::string url;
  std::string content_type;
  std::string compression;  // as net::encode_content() names it
};

/// POST requests over one keep-alive connection.
Result<std::unique_ptr<Transport>> http_transport(HttpTransportOptions options);

struct GrpcTransportOptions {
  std::string target;
  std::string method;       // "/package.Service/Method"
  std::string compression;  // gzip, or none
};

/// Unary calls over one channel.
Result<std::unique_ptr<Transport>> grpc_transport(GrpcTransportOptions options);

/// Packets from one socket to `target` ("host:port").
Result<std::unique_ptr<Transport>> udp_transport(const std::string& target);

}  // namespace clew::load
