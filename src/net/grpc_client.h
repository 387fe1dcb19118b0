// The gRPC client: unary calls and streams by name, messages as bytes. gRPC's headers stay behind
// it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "net/grpc_stream.h"
#include "net/http_message.h"
#include "net/tls.h"

namespace clew::net {

/// What gRPC 1.51 can do; it has no zstd.
enum class GrpcCompression { kNone, kGzip, kDeflate };

struct GrpcClientOptions {
  std::string target;  // "host:port"
  /// Set: TLS (an empty ca_file trusts the system's); unset: plaintext. Files that change are read
  /// again for the next connection.
  std::optional<ClientTls> tls = {};
  HttpFields headers = {};  // sent with every call; names become lower-case
  GrpcCompression compression = GrpcCompression::kNone;
  size_t max_message_bytes = 4 << 20;  // of one that comes; gRPC's own
};

/// One peer, to which it reconnects by itself: at first after 100 ms, at most 5 s apart. Any thread
/// may use it. Calls do not wait for a connection: while the peer is away they fail at once with
/// kUnavailable. When a call has waited for its whole deadline and meanwhile nothing else was
/// answered either, the next one goes over a new connection: a peer that vanished without a word
/// (power, a firewall that forgot the connection) would otherwise be missed until keepalive
/// notices.
class GrpcClient {
 public:
  using Done = std::move_only_function<void(Result<std::string>)>;

  /// Does not connect yet. Fails with kInvalid for a bad target or header, kIo or kInvalid for bad
  /// TLS files.
  static Result<std::unique_ptr<GrpcClient>> create(GrpcClientOptions options);

  /// Cancels what is in flight and returns after the last `done` and on_close. Not to be called
  /// from one of those.
  ~GrpcClient();

  /// Sends `request` (not copied) to e.g. "/package.Service/Method", with `headers` (lower-case
  /// names) beside those of the client. `done` is called exactly once, on a thread of gRPC's, which
  /// it must not block; errors are those of error_of_grpc(). Headers that gRPC does not allow:
  /// `done` gets kInvalid before this returns.
  void call(const std::string& method, SharedBytes request, std::chrono::milliseconds deadline,
            Done done, const HttpFields& headers = {});

  /// Opens a stream of that method. Nothing waits: one that cannot be opened is over soon, and
  /// on_close says why. `headers` as those of call(); one that gRPC does not allow: on_close gets
  /// kInvalid before this returns.
  GrpcStream open(const std::string& method, GrpcClientStreamHandler handler,
                  const HttpFields& headers = {});

 private:
  struct Impl;
  explicit GrpcClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace clew::net
