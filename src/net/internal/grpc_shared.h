// What all calls of one gRPC server share. Pulls in gRPC: only for the .cc files of net/.
#pragma once

#include <grpcpp/generic/async_generic_service.h>

#include <array>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "base/byte_budget.h"
#include "base/metrics.h"
#include "net/grpc_server.h"
#include "net/internal/handler_pool.h"
#include "net/status.h"

namespace clew::net {

class GrpcServerStream;  // grpc_stream.cc

/// When the budget of bytes in flight is used up.
inline constexpr std::chrono::milliseconds kRetryWhenFull{1000};

/// Lives as long as the last of the calls.
struct GrpcShared {
  GrpcShared(GrpcServerOptions o, GrpcMethods m, int threads);

  /// Undoes what a client did to a message. gRPC would decompress without a limit before anybody
  /// could look, so it does not; zstd and snappy it does not know and drops their name from the
  /// headers. So what it hands over tells by its magic what it is.
  Result<SharedBytes> decompress(SharedBytes message) const;

  /// Counts a call that ends.
  void count(GrpcCode code) { calls[static_cast<size_t>(code)]->Increment(); }

  const GrpcServerOptions options;
  GrpcMethods methods;
  HandlerPool handlers;
  std::shared_ptr<ByteBudget> inflight;
  std::array<prometheus::Counter*, 17> calls;
  prometheus::Gauge* open_streams;

  // Streams would outlast any deadline, so the server ends them when it stops.
  std::mutex streams_mutex;
  bool stopping = false;
  std::unordered_map<GrpcServerStream*, std::weak_ptr<GrpcServerStream>> streams;
};

/// What a client sent before its first message.
HttpFields metadata_of(const grpc::GenericCallbackServerContext& context);

/// Begins a stream; the reactor owns itself until gRPC is done with it.
grpc::ServerGenericBidiReactor* open_stream(std::shared_ptr<GrpcShared> shared,
                                            grpc::GenericCallbackServerContext* context,
                                            const GrpcStreamFactory& factory);

/// Refuses new streams and ends those that are open.
void end_streams(GrpcShared& shared);

}  // namespace clew::net
