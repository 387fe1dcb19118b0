// Peers that speak HTTP: OTLP in protobuf, and Zipkin's JSON.
#include <utility>

#include "agent/export/zipkin_json.h"
#include "main/peer.h"
#include "net/encoding.h"
#include "net/http_client.h"
#include "net/status.h"

namespace clew {
namespace {

constexpr char kProtobuf[] = "application/x-protobuf";

/// The exporter's consumers bound what is in flight; each needs a connection of its own.
constexpr size_t kConnections = 1000;

/// What goes over the wire to where.
struct Message {
  std::string url;
  const char* content_type;
  SharedBytes body;
};

class HttpPeer : public Peer {
 public:
  HttpPeer(std::string name, const ExporterConfig& config, std::unique_ptr<net::HttpClient> client,
           std::shared_ptr<net::Authorization> authorization)
      : name_(std::move(name)),
        url_(config.endpoint),
        compression_(config.compression == "none" ? "" : config.compression),
        timeout_(config.timeout),
        headers_(config.headers),
        client_(std::move(client)),
        authorization_(std::move(authorization)) {}

  void send(otlp::Signal signal, const Tenant& tenant, SharedBytes request, Done done) override {
    auto message = translate(signal, std::move(request));
    if (!message) return done(std::unexpected(std::move(message.error())));
    auto body = net::encode_content(compression_, std::move(message->body));
    if (!body) return done(std::unexpected(std::move(body.error())));
    net::HttpCall call{.url = std::move(message->url),
                       .headers = headers_,
                       .body = *std::move(body),
                       .timeout = timeout_};
    call.headers.emplace_back("Content-Type", message->content_type);
    if (!compression_.empty()) call.headers.emplace_back("Content-Encoding", compression_);
    call.headers.emplace_back("X-Scope-OrgID", tenant.name());
    send_authorized(
        authorization_, std::move(done),
        [this, signal, call = std::move(call)](const net::HttpFields& let_in, Done judged) mutable {
          call.headers.insert(call.headers.end(), let_in.begin(), let_in.end());
          send(signal, std::move(call), std::move(judged));
        });
  }

 protected:
  virtual Result<Message> translate(otlp::Signal signal, SharedBytes request) const = 0;
  virtual void on_success(otlp::Signal signal, const net::HttpReply& reply) const = 0;

  const std::string& name() const { return name_; }
  const std::string& url() const { return url_; }

 private:
  void send(otlp::Signal signal, net::HttpCall call, Done done) {
    client_->send(std::move(call), [this, signal,
                                    done = std::move(done)](Result<net::HttpReply> reply) mutable {
      if (!reply) return done(std::unexpected(std::move(reply.error())));
      if (reply->status / 100 != 2)
        return done(std::unexpected(net::error_of_http(reply->status, reply->header("content-type"),
                                                       reply->body, reply->retry_after)));
      on_success(signal, *reply);
      done({});
    });
  }

  const std::string name_;
  const std::string url_;
  const std::string compression_;  // as Content-Encoding names it; empty: none
  const std::chrono::milliseconds timeout_;
  const net::HttpFields headers_;
  const std::unique_ptr<net::HttpClient> client_;
  // Last, so that it goes first: it may still send through the client.
  const std::shared_ptr<net::Authorization> authorization_;
};

class OtlpHttpPeer final : public HttpPeer {
 public:
  using HttpPeer::HttpPeer;

 private:
  Result<Message> translate(otlp::Signal signal, SharedBytes request) const override {
    std::string_view base = url();
    if (base.ends_with('/')) base.remove_suffix(1);
    return Message{fmt::format("{}/v1/{}", base, otlp::name_of(signal)), kProtobuf,
                   std::move(request)};
  }
  void on_success(otlp::Signal signal, const net::HttpReply& reply) const override {
    if (reply.header("content-type").starts_with(kProtobuf))
      note_rejections(name(), signal, reply.body);
  }
};

class ZipkinPeer final : public HttpPeer {
 public:
  using HttpPeer::HttpPeer;
  bool traces_only() const override { return true; }

 private:
  Result<Message> translate(otlp::Signal, SharedBytes request) const override {
    auto json = agent::zipkin_json(request);
    if (!json) return std::unexpected(std::move(json.error()));
    return Message{url(), "application/json", SharedBytes::take(*std::move(json))};
  }
  void on_success(otlp::Signal, const net::HttpReply&) const override {}  // says no more
};

}  // namespace

Result<std::unique_ptr<Peer>> make_http_peer(const std::string& name,
                                             const ExporterConfig& config) {
  auto client = net::HttpClient::create({.tls = config.tls, .max_connections = kConnections});
  if (!client) return std::unexpected(client.error());
  auto authorization = make_authorization(config.auth);
  if (!authorization) return std::unexpected(authorization.error());
  auto make = [&]<typename Kind>() -> std::unique_ptr<Peer> {
    return std::make_unique<Kind>(name, config, *std::move(client), *std::move(authorization));
  };
  return exporter_type(name) == "zipkin" ? make.operator()<ZipkinPeer>()
                                         : make.operator()<OtlpHttpPeer>();
}

}  // namespace clew
