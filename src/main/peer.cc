#include "main/peer.h"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "base/log.h"
#include "base/metrics.h"
#include "base/repeat_gate.h"
#include "otlp/writer.h"

namespace clew {
namespace {

class FilePeer final : public Peer {
 public:
  FilePeer(std::unique_ptr<agent::RotatingFile> file, bool traces_only)
      : file_(std::move(file)), traces_only_(traces_only) {}

  void send(otlp::Signal signal, const Tenant&, SharedBytes request, Done done) override {
    done(file_->write(signal, request));
  }
  bool traces_only() const override { return traces_only_; }

 private:
  const std::unique_ptr<agent::RotatingFile> file_;
  const bool traces_only_;
};

class DebugPeer final : public Peer {
 public:
  explicit DebugPeer(agent::Verbosity verbosity) : verbosity_(verbosity) {}

  void send(otlp::Signal signal, const Tenant&, SharedBytes request, Done done) override {
    std::string text = agent::debug_text(signal, request, verbosity_);
    // In one call, so that lines of several requests do not mix.
    std::fwrite(text.data(), 1, text.size(), stderr);
    done({});
  }

 private:
  const agent::Verbosity verbosity_;
};

}  // namespace

Result<std::unique_ptr<Peer>> make_peer(const std::string& name, const ExporterConfig& config) {
  std::string_view type = exporter_type(name);
  if (type == "file") return make_file_peer(config);
  if (type == "kafka") return make_kafka_peer(config);
  if (type == "debug") return make_debug_peer(config);
  if (type == "otlphttp" || type == "zipkin") return make_http_peer(name, config);
  return make_grpc_peer(name, config);
}

Result<std::unique_ptr<Peer>> make_file_peer(const ExporterConfig& config) {
  auto file = agent::RotatingFile::open(Disk::system(), Clock::system(), config.file);
  if (!file) return std::unexpected(file.error());
  bool traces_only = config.file.format == agent::RotatingFileOptions::Format::kJson;
  return std::make_unique<FilePeer>(*std::move(file), traces_only);
}

std::unique_ptr<Peer> make_debug_peer(const ExporterConfig& config) {
  return std::make_unique<DebugPeer>(config.verbosity);
}

Result<std::shared_ptr<net::Authorization>> make_authorization(const PeerAuthConfig& auth) {
  if (auth.basic) return net::basic_authorization(auth.basic->username, auth.basic->password);
  if (auth.bearer) return net::bearer_authorization(*auth.bearer);
  if (!auth.oauth2) return nullptr;
  auto oauth2 = net::oauth2_authorization(*auth.oauth2);
  if (!oauth2) return std::unexpected(oauth2.error());
  return std::shared_ptr<net::Authorization>(*std::move(oauth2));
}

void send_authorized(const std::shared_ptr<net::Authorization>& authorization, Peer::Done done,
                     std::move_only_function<void(net::HttpFields, Peer::Done)> send) {
  if (!authorization) return send({}, std::move(done));
  // Weak: an answer may come when the peer, and with it the authorization, is going away.
  std::weak_ptr<net::Authorization> weak = authorization;
  authorization->get(
      [weak, done = std::move(done), send = std::move(send)](Result<std::string> header) mutable {
        if (!header) return done(std::unexpected(std::move(header.error())));
        auto judge = [weak, value = *header, done = std::move(done)](Result<void> answer) mutable {
          bool refused = !answer && answer.error().code == Code::kUnauthenticated;
          auto alive = refused ? weak.lock() : nullptr;
          if (alive && alive->replaced(value)) answer.error().code = Code::kUnavailable;
          done(std::move(answer));
        };
        send({{"authorization", *std::move(header)}}, std::move(judge));
      });
}

void note_rejections(const std::string& exporter, otlp::Signal signal,
                     const std::string& response) {
  // The three services' responses have the same fields under the same numbers.
  auto partial = otlp::parse_export_response(response);
  if (partial.rejected_spans == 0 && partial.message.empty()) return;
  metrics::counter(fmt::format("clew_exporter_rejected_{}_total", otlp::items_of(signal)),
                   "What the other side rejected inside an accepted request",
                   {{"exporter", exporter}})
      .Increment(static_cast<double>(partial.rejected_spans));
  static auto& gate = *new RepeatGate(std::chrono::seconds(10));
  auto held_back = gate.pass(exporter, std::chrono::steady_clock::now());
  if (!held_back) return;
  log::warn("{}: {} {} rejected: {}{}", exporter, partial.rejected_spans, otlp::items_of(signal),
            partial.message,
            *held_back > 0 ? fmt::format(" ({} answers like this before)", *held_back) : "");
}

}  // namespace clew
