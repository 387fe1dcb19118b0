#include <future>

#include "load/transport.h"
#include "net/grpc_client.h"

namespace clew::load {
namespace {

class GrpcTransport : public Transport {
 public:
  GrpcTransport(GrpcTransportOptions options, std::unique_ptr<net::GrpcClient> client)
      : options_(std::move(options)), client_(std::move(client)) {}

  Result<std::string> send(std::string message) override {
    std::promise<Result<std::string>> promise;
    client_->call(options_.method, SharedBytes::take(std::move(message)), kAnswerTimeout,
                  [&promise](Result<std::string> answer) { promise.set_value(std::move(answer)); });
    return promise.get_future().get();
  }

 private:
  GrpcTransportOptions options_;
  std::unique_ptr<net::GrpcClient> client_;
};

}  // namespace

Result<std::unique_ptr<Transport>> grpc_transport(GrpcTransportOptions options) {
  if (!options.compression.empty() && options.compression != "gzip")
    return fail(Code::kInvalid, "gRPC compresses with gzip only, not with {}", options.compression);
  auto client = net::GrpcClient::create({.target = options.target,
                                         .compression = options.compression.empty()
                                                            ? net::GrpcCompression::kNone
                                                            : net::GrpcCompression::kGzip});
  if (!client) return std::unexpected(std::move(client.error()));
  return std::make_unique<GrpcTransport>(std::move(options), *std::move(client));
}

}  // namespace clew::load
