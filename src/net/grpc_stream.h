// A bidirectional stream of a gRPC server or client: messages as bytes, from either side, at any
// time.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace clew::net {

/// One open stream, as GrpcStream hides it. Internal.
class GrpcStreamCall {
 public:
  virtual ~GrpcStreamCall() = default;
  virtual bool send(std::string message) = 0;
  virtual bool send_in_turn(std::string message, std::chrono::milliseconds patience) = 0;
  virtual void end(Result<void> how) = 0;
  virtual const std::string& peer() const = 0;
  virtual std::string_view meta(std::string_view name) const = 0;
};

/// One open stream, as who serves it uses it, or who opened it (GrpcClient::open): a handle, copies
/// mean the same stream. Any thread may call everything, also after the stream or the server has
/// gone. Empty until it is assigned one.
class GrpcStream {
 public:
  GrpcStream() = default;
  explicit GrpcStream(std::shared_ptr<GrpcStreamCall> call);

  /// Queues one serialized message; they arrive in order. False if the stream is over. A peer that
  /// does not read makes the queue grow: past limits::kStreamQueueBytes the stream is cut off.
  bool send(std::string message);

  /// As send(), of a server that has much to say: first waits until the client has read most of
  /// what was queued before. A client that does not within `patience` is cut off (kTimeout). Blocks
  /// one of the few threads of the handler pool meanwhile. Of a client the same as send().
  bool send_in_turn(std::string message, std::chrono::milliseconds patience);

  /// Ends the stream. A server does so once all that is queued has been sent, with OK or the error
  /// as its status; a client at once, whatever `how` says.
  void end(Result<void> how);

  const std::string& peer() const;  // as GrpcRequest::peer; of a client its target
  /// The first metadata value of that (lower-case) name that the client sent; empty if there is
  /// none.
  std::string_view meta(std::string_view name) const;

 private:
  std::shared_ptr<GrpcStreamCall> call_;
};

/// What a stream's server is told, on threads of the handler pool, never two at a time: each
/// message already decompressed, the next one being read only when on_message has returned; then,
/// last and once, on_close, when the client has gone, the server stops or the stream was ended.
/// After that both functions are destroyed.
struct GrpcStreamHandler {
  std::function<void(SharedBytes)> on_message;
  std::function<void()> on_close;
};

/// Called once for each stream that is opened, on a thread of the handler pool.
using GrpcStreamFactory = std::function<GrpcStreamHandler(GrpcStream)>;

/// The same for who opened one: on threads of gRPC's, which it must not block. on_close tells why
/// the stream is over, also one that never reached the server: ok if either side ended it well.
struct GrpcClientStreamHandler {
  std::function<void(SharedBytes)> on_message;
  std::function<void(Result<void>)> on_close;
};

}  // namespace clew::net
