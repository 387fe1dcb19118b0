#include "main/listeners.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/log.h"
#include "receive/jaeger_endpoint.h"
#include "receive/kafka_endpoint.h"
#include "receive/otlp_endpoint.h"
#include "receive/zipkin_endpoint.h"

namespace clew {
namespace {

bool is_loopback(const std::string& host) {
  return host.starts_with("127.") || host == "::1" || host == "localhost";
}

}  // namespace

Result<void> Listeners::start_receivers(const ReceiverConfig& receivers, const otlp::Sink& sink,
                                        const otlp::PayloadSink& payloads, MoreRoutes more) {
  return in_order([&] { return start_otlp(receivers, sink, payloads, std::move(more.otlp)); },
                  [&] { return start_zipkin(receivers, sink, std::move(more.zipkin)); },
                  [&] { return start_jaeger(receivers, sink); },
                  [&] { return start_kafka(receivers, sink, payloads); });
}

Result<void> Listeners::start_otlp(const ReceiverConfig& receivers, const otlp::Sink& sink,
                                   const otlp::PayloadSink& payloads, net::HttpRoutes routes) {
  net::GrpcMethods methods;
  receive::add_otlp_grpc(methods, sink);
  if (payloads) receive::add_otlp_grpc_payloads(methods, payloads);
  receive::add_otlp_http(routes, sink);
  if (payloads) receive::add_otlp_http_payloads(routes, payloads);
  return in_order(
      [&] {
        return start_grpc("OTLP/gRPC", "--otlp-grpc", receivers.otlp_grpc, std::move(methods));
      },
      [&] {
        return start_http("OTLP/HTTP", "--otlp-http", receivers.otlp_http,
                          net::HttpErrorForm::kRpcStatus, std::move(routes));
      });
}

Result<void> Listeners::start_zipkin(const ReceiverConfig& receivers, const otlp::Sink& sink,
                                     net::HttpRoutes routes) {
  receive::add_zipkin(routes, receivers.zipkin_parse_string_tags, sink);
  return start_http("Zipkin", "--zipkin", receivers.zipkin, net::HttpErrorForm::kText,
                    std::move(routes));
}

Result<void> Listeners::start_jaeger(const ReceiverConfig& receivers, const otlp::Sink& sink) {
  net::HttpRoutes routes;
  receive::add_jaeger_http(routes, sink);
  net::GrpcMethods methods;
  receive::add_jaeger_grpc(methods, sink);
  return in_order(
      [&] {
        return start_udp("Jaeger/compact", "--jaeger-thrift-compact",
                         receivers.jaeger_thrift_compact, receive::jaeger_compact_packets(sink));
      },
      [&] {
        return start_udp("Jaeger/binary", "--jaeger-thrift-binary", receivers.jaeger_thrift_binary,
                         receive::jaeger_binary_packets(sink));
      },
      [&] {
        return start_http("Jaeger/HTTP", "--jaeger-thrift-http", receivers.jaeger_thrift_http,
                          net::HttpErrorForm::kText, std::move(routes));
      },
      [&] {
        return start_grpc("Jaeger/gRPC", "--jaeger-grpc", receivers.jaeger_grpc,
                          std::move(methods));
      });
}

/// A consumer for each signal, so that one that is refused does not hold up the others.
Result<void> Listeners::start_kafka(const ReceiverConfig& receivers, const otlp::Sink& sink,
                                    const otlp::PayloadSink& payloads) {
  if (!receivers.kafka) return {};
  const KafkaReceiverConfig& config = *receivers.kafka;
  for (otlp::Signal signal : otlp::kSignals) {
    const KafkaReceiverConfig::Source& source = config.of(signal);
    if (source.topics.empty()) continue;
    auto handler = signal == otlp::Signal::kTraces
                       ? receive::kafka_spans(source.encoding, sink)
                       : receive::kafka_payloads(source.encoding, signal, payloads);
    net::KafkaConsumerOptions options{.connection = config.connection,
                                      .name = fmt::format("kafka/{}", otlp::name_of(signal)),
                                      .topics = source.topics,
                                      .group_id = config.group_id,
                                      .initial_offset = config.initial_offset,
                                      .session_timeout = config.session_timeout,
                                      .heartbeat_interval = config.heartbeat_interval,
                                      .max_message_bytes = limits_.request_bytes,
                                      .inflight = limits_.inflight};
    auto consumer = net::KafkaConsumer::start(std::move(options), std::move(handler));
    if (!consumer)
      return fail(consumer.error().code, "receivers.kafka: {}", consumer.error().message);
    log::info("Kafka: {} from {} at {}", otlp::name_of(signal), fmt::join(source.topics, ", "),
              config.connection.text());
    kafka_.push_back(*std::move(consumer));
  }
  return {};
}

Result<void> Listeners::start_grpc(const std::string& name, const std::string& flag,
                                   const std::optional<net::Address>& address,
                                   net::GrpcMethods methods) {
  if (!address) return {};
  auto who = authenticator();
  if (!who) return std::unexpected(who.error());
  auto server = net::GrpcServer::start({.address = *address,
                                        .name = name,
                                        .flag = flag,
                                        .tls = tls(),
                                        .authenticator = *who,
                                        .max_message_bytes = limits_.request_bytes,
                                        .inflight = limits_.inflight},
                                       std::move(methods));
  if (!server) return std::unexpected(server.error());
  announce(name, *address, (*server)->port(), /*datagrams=*/false);
  grpc_.push_back(*std::move(server));
  return {};
}

Result<void> Listeners::start_udp(const std::string& name, const std::string& flag,
                                  const std::optional<net::Address>& address,
                                  net::PacketHandler handler) {
  if (!address) return {};
  auto server =
      net::UdpServer::start({.address = *address, .name = name, .flag = flag}, std::move(handler));
  if (!server) return std::unexpected(server.error());
  announce(name, *address, (*server)->port(), /*datagrams=*/true);
  udp_.push_back(*std::move(server));
  return {};
}

Result<void> Listeners::start_http(const std::string& name, const std::string& flag,
                                   const std::optional<net::Address>& address,
                                   net::HttpErrorForm error_form, net::HttpRoutes routes,
                                   std::optional<net::GrpcMethods> grpc) {
  if (!address) return {};
  auto who = authenticator();
  if (!who) return std::unexpected(who.error());
  net::HttpServerOptions options{.address = *address,
                                 .name = name,
                                 .flag = flag,
                                 .error_form = error_form,
                                 .tls = tls(),
                                 .authenticator = *who,
                                 .max_body_bytes = limits_.request_bytes,
                                 .max_decoded_bytes = limits_.request_bytes,
                                 .inflight = limits_.inflight};
  if (grpc) {
    if (auto shared = share_port(options, *std::move(grpc)); !shared) return shared;
  }
  auto server = net::HttpServer::start(std::move(options), std::move(routes));
  if (!server) return std::unexpected(server.error());
  announce(name, *address, (*server)->port(), /*datagrams=*/false);
  http_.push_back(*std::move(server));
  return {};
}

Result<void> Listeners::share_port(net::HttpServerOptions& http, net::GrpcMethods methods) {
  auto server = net::GrpcServer::start({.address = http.address,
                                        .name = http.name + "/gRPC",
                                        .flag = http.flag,
                                        .tls = http.tls,
                                        .authenticator = http.authenticator,
                                        .listens = false,
                                        .max_message_bytes = limits_.request_bytes,
                                        .inflight = limits_.inflight},
                                       std::move(methods));
  if (!server) return std::unexpected(server.error());
  // It stands in the list until the HTTP server has stopped.
  http.take_http2 = [grpc = server->get()](int socket) { grpc->adopt(socket); };
  grpc_.push_back(*std::move(server));
  return {};
}

void Listeners::stop(std::chrono::steady_clock::time_point end) {
  auto left = [end] {
    auto now = std::chrono::steady_clock::now();
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::max(end, now) - now);
  };
  for (auto& consumer : kafka_) consumer->stop(left());
  for (auto& server : udp_) server->stop(left());
  for (auto& server : grpc_) server->stop(left());
  for (auto& server : http_) server->stop(left());
  kafka_.clear();
  udp_.clear();
  grpc_.clear();
  http_.clear();
}

std::optional<net::TlsFiles> Listeners::tls() const {
  if (config_.tls.cert_file.empty()) return std::nullopt;
  return config_.tls;
}

Result<std::shared_ptr<net::Authenticator>> Listeners::authenticator() {
  if (!config_.auth.any() || authenticator_) return authenticator_;
  auto made = net::Authenticator::create(config_.auth);
  if (made) authenticator_ = *made;
  return made;
}

void Listeners::announce(const std::string& name, const net::Address& address, uint16_t port,
                         bool datagrams) const {
  bool tls = !datagrams && this->tls();
  bool auth = !datagrams && config_.auth.any();
  log::info("{} listens on {}{}", name, net::Address{address.host, port}.to_string(),
            tls ? " (TLS)" : "");
  if (is_loopback(address.host)) return;
  if (!auth && (!tls || config_.tls.ca_file.empty()))
    log::warn("{} admits anyone who reaches {}: {}keep it on loopback", name, address.host,
              datagrams ? "" : "set auth or tls.client_ca_file, or ");
  if (auth && !tls)
    log::warn("{} takes passwords and tokens that everyone on the way can read: set tls", name);
}

}  // namespace clew
