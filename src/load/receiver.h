// The other end of a load: an OTLP server that acknowledges everything at once.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "net/address.h"
#include "net/grpc_server.h"
#include "net/http_server.h"
#include "otlp/batch.h"

namespace clew::load {

/// Where to listen, and for what.
struct ReceiveAddress {
  enum class Transport { kGrpc, kHttp };
  Transport transport = Transport::kGrpc;
  net::Address address;

  /// Reads "grpc://127.0.0.1:4317" or "http://127.0.0.1:4318"; without a scheme it is gRPC.
  static Result<ReceiveAddress> parse(std::string_view text);
};

/// Takes OTLP over gRPC and HTTP in any encoding that net/encoding.h has. Logs and metrics are
/// acknowledged and not looked at.
class Receiver {
 public:
  struct Counts {
    uint64_t spans = 0;
    uint64_t requests = 0;   // of spans
    uint64_t bytes = 0;      // of them, decompressed
    uint64_t malformed = 0;  // requests that were no OTLP, and were answered so
    std::chrono::steady_clock::time_point last_spans_at;  // when the last spans came
  };
  /// Gets what arrives, from several threads.
  using OnBatch = std::function<void(const otlp::Batch&)>;

  /// Without `on_batch` spans are only counted, at a tenth of the CPU time: what is in them is not
  /// looked at.
  static Result<std::unique_ptr<Receiver>> start(const std::vector<ReceiveAddress>& addresses,
                                                 OnBatch on_batch);
  /// Ends the servers without waiting for what is in flight.
  ~Receiver();

  Counts counts() const;

 private:
  explicit Receiver(OnBatch on_batch) : on_batch_(std::move(on_batch)) {}

  Result<void> listen(const ReceiveAddress& address);
  net::GrpcMethods grpc_methods();
  net::HttpRoutes http_routes();
  Result<void> take(const SharedBytes& request);

  OnBatch on_batch_;
  std::atomic<uint64_t> spans_ = 0, requests_ = 0, bytes_ = 0, malformed_ = 0;
  std::atomic<std::chrono::steady_clock::time_point> last_spans_at_ =
      std::chrono::steady_clock::now();
  // The servers go first: their handlers use what stands above.
  std::vector<std::unique_ptr<net::GrpcServer>> grpc_;
  std::vector<std::unique_ptr<net::HttpServer>> http_;
};

}  // namespace clew::load
