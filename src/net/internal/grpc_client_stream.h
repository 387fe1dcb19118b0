// Streams that a gRPC client has opened. Pulls in gRPC: only for the .cc files of net/.
#pragma once

#include <grpcpp/generic/generic_stub.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "net/grpc_stream.h"
#include "net/http_message.h"

namespace clew::net {

class GrpcClientStream;

/// Those of one client; each keeps itself until gRPC is done with it.
class ClientStreams : public std::enable_shared_from_this<ClientStreams> {
 public:
  GrpcStream open(grpc::GenericStub& stub, const std::string& method, const HttpFields& headers,
                  std::string target, GrpcClientStreamHandler handler);

  /// Returns after the last on_close.
  void cancel_and_wait();

 private:
  friend class GrpcClientStream;
  void forget(GrpcClientStream* stream);

  std::mutex mutex_;
  std::condition_variable ended_;
  std::unordered_map<GrpcClientStream*, std::shared_ptr<GrpcClientStream>> open_;
};

}  // namespace clew::net
