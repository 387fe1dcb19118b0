// The gRPC server: unary methods and streams by name, messages as bytes. gRPC's headers stay behind
// it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/byte_budget.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"
#include "net/address.h"
#include "net/authentication.h"
#include "net/grpc_stream.h"
#include "net/http_message.h"
#include "net/tls.h"

namespace clew::net {

class GrpcCall;  // internal: one call that waits for its answer

/// One unary call: the serialized protobuf message, already decompressed.
struct GrpcRequest {
  std::string method;  // "/package.Service/Method"
  SharedBytes body;
  HttpFields metadata;  // names are lower-case
  std::string peer;     // as gRPC names it: "ipv4:127.0.0.1:53124"

  /// The first metadata value of that (lower-case) name; empty if there is none.
  std::string_view meta(std::string_view name) const;
};

/// The right, and the duty, to answer one call: from any thread, any time later, once. Answering
/// after the client or the server has gone does nothing. Dropped without an answer it sends
/// INTERNAL and logs.
class GrpcResponder {
 public:
  explicit GrpcResponder(std::shared_ptr<GrpcCall> call);
  GrpcResponder(GrpcResponder&&) noexcept = default;
  GrpcResponder& operator=(GrpcResponder&& other) noexcept;
  ~GrpcResponder();

  /// Sends the serialized answer, or the error as a status (see status.h; with RetryInfo in
  /// `grpc-status-details-bin` when retry_after is set).
  void send(Result<std::string> answer);

 private:
  std::shared_ptr<GrpcCall> call_;
};

/// Runs on a thread of the server's handler pool; it may block, at the price of one of few threads.
using GrpcHandler = std::function<void(GrpcRequest, GrpcResponder)>;

/// Methods by full name. `grpc.health.v1.Health/Check` is answered by the server itself.
class GrpcMethods {
 public:
  /// Adds e.g. "/opentelemetry.proto.collector.trace.v1.TraceService/Export".
  void unary(std::string full_name, GrpcHandler handler);
  /// Adds a method whose both sides send messages at any time; see grpc_stream.h.
  void stream(std::string full_name, GrpcStreamFactory factory);
  /// nullptr when there is none.
  const GrpcHandler* find(const std::string& full_name) const;
  const GrpcStreamFactory* find_stream(const std::string& full_name) const;
  /// Whether any method belongs to `service` ("package.Service").
  bool has_service(std::string_view service) const;
  /// The services that methods belong to, and grpc.health.v1.Health; sorted.
  std::vector<std::string> services() const;

 private:
  std::unordered_map<std::string, GrpcHandler> methods_;
  std::unordered_map<std::string, GrpcStreamFactory> streams_;
};

struct GrpcServerOptions {
  Address address;
  std::string name = "grpc";         // of the listener, in logs and metrics
  std::string flag = "--otlp-grpc";  // what the "address in use" error tells to change
  std::optional<TlsFiles> tls = {};
  std::shared_ptr<Authenticator> authenticator = nullptr;  // null: everyone is let in
  int handler_threads = 0;                                 // 0: the cores, 4 to 16
  bool listens = true;  // false: it has the connections only that adopt() gives it
  size_t max_message_bytes = limits::kRequestBytes;
  /// Pays for the bodies of requests until they are answered, together with whoever else has it;
  /// null: one of limits::kInflightBytes for this listener alone.
  std::shared_ptr<ByteBudget> inflight = nullptr;
};

/// A listening gRPC server. Refused before a handler sees them: messages past max_message_bytes
/// (RESOURCE_EXHAUSTED), unknown methods (UNIMPLEMENTED), who is not let in (UNAUTHENTICATED;
/// health checks are open to all), and requests that `inflight` cannot pay
/// for, since others are being worked on (UNAVAILABLE with RetryInfo).
class GrpcServer {
 public:
  /// Binds and starts; errors as HttpServer::start.
  static Result<std::unique_ptr<GrpcServer>> start(GrpcServerOptions options, GrpcMethods methods);

  /// As stop() with no time left.
  ~GrpcServer();

  /// Refuses new calls, ends streams, lets calls in flight be answered for at most `deadline`, then
  /// cancels them and ends the threads. Waits for handlers that have begun, and warns, as
  /// HttpServer::stop() does. Not to be called from a handler.
  void stop(std::chrono::milliseconds deadline);

  /// The port it listens on, also when the address asked for port 0.
  uint16_t port() const;

  /// Of a server that does not listen: serves a connected socket of which nothing has been read,
  /// and closes it in the end; at once if the server has stopped. Any thread.
  void adopt(int socket);

 private:
  struct Impl;
  explicit GrpcServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace clew::net
