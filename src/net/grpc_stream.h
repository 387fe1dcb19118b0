// A bidirectional stream of a gRPC server: messages as bytes, from either side, at any time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace clew::net {

class GrpcStreamCall;  // internal

/// One open stream, as who serves it uses it: a handle, copies mean the same stream. Any thread may
/// call everything, also after the stream or the server has gone. Empty until it is assigned one.
class GrpcStream {
 public:
  GrpcStream() = default;
  explicit GrpcStream(std::shared_ptr<GrpcStreamCall> call);

  /// Queues one serialized message; they arrive in order. False if the stream is over. A client
  /// that does not read makes the queue grow: past limits::kStreamQueueBytes the stream is cut off.
  bool send(std::string message);

  /// Ends the stream, once all that is queued has been sent, with OK or the error as its status.
  void end(Result<void> how);

  const std::string& peer() const;  // as GrpcRequest::peer
  /// The first metadata value of that (lower-case) name; empty if there is none.
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

}  // namespace clew::net
