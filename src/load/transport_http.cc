#include <future>
#include <memory>

#include "load/transport.h"
#include "net/encoding.h"
#include "net/http_client.h"

namespace clew::load {
namespace {

constexpr size_t kShownAnswerBytes = 200;

class HttpTransport : public Transport {
 public:
  HttpTransport(HttpTransportOptions options, std::unique_ptr<net::HttpClient> client)
      : options_(std::move(options)), client_(std::move(client)) {
    headers_.emplace_back("Content-Type", options_.content_type);
    if (!options_.compression.empty())
      headers_.emplace_back("Content-Encoding", options_.compression);
  }

  Result<std::string> send(std::string message) override {
    auto body = net::encode_content(options_.compression, SharedBytes::take(std::move(message)));
    if (!body) return std::unexpected(std::move(body.error()));
    std::promise<Result<net::HttpReply>> promise;
    client_->send(
        {.url = options_.url,
         .headers = headers_,
         .body = *std::move(body),
         .timeout = kAnswerTimeout},
        [&promise](Result<net::HttpReply> reply) { promise.set_value(std::move(reply)); });
    Result<net::HttpReply> reply = promise.get_future().get();
    if (!reply) return std::unexpected(std::move(reply.error()));
    if (reply->status < 200 || reply->status > 299)
      return fail(Code::kRejected, "{} answered {}: {}", options_.url, reply->status,
                  reply->body.substr(0, kShownAnswerBytes));
    return std::move(reply->body);
  }

 private:
  HttpTransportOptions options_;
  net::HttpFields headers_;
  std::unique_ptr<net::HttpClient> client_;
};

}  // namespace

Result<std::unique_ptr<Transport>> http_transport(HttpTransportOptions options) {
  auto url = net::check_url(options.url);
  if (!url) return std::unexpected(std::move(url.error()));
  auto encoding = net::encode_content(options.compression, {});
  if (!encoding) return std::unexpected(std::move(encoding.error()));
  auto client = net::HttpClient::create({.max_connections = 1});
  if (!client) return std::unexpected(std::move(client.error()));
  return std::make_unique<HttpTransport>(std::move(options), *std::move(client));
}

}  // namespace clew::load
