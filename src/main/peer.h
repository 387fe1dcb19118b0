// Where an exporter sends: one class per way of talking, chosen by the exporter's type.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "agent/exporter.h"
#include "main/exporter_config.h"
#include "net/authorization.h"

namespace clew {

/// Sends requests in its own format. send() is an agent::Send: any thread may call it, it does not
/// block for long, and `done` comes exactly once. Counters: clew_exporter_rejected_*_total.
class Peer {
 public:
  using Done = std::move_only_function<void(Result<void>)>;

  virtual ~Peer() = default;
  virtual void send(otlp::Signal signal, const Tenant& tenant, SharedBytes request, Done done) = 0;
  /// Whether its format knows no logs and no metrics.
  virtual bool traces_only() const { return false; }
};

/// The peer of the exporter `name`. Does not connect yet. kInvalid or kIo for settings or files
/// that are wrong.
Result<std::unique_ptr<Peer>> make_peer(const std::string& name, const ExporterConfig& config);

// What make_peer() chooses from.
Result<std::unique_ptr<Peer>> make_grpc_peer(const std::string& name, const ExporterConfig& config);
Result<std::unique_ptr<Peer>> make_http_peer(const std::string& name, const ExporterConfig& config);
Result<std::unique_ptr<Peer>> make_file_peer(const ExporterConfig& config);
Result<std::unique_ptr<Peer>> make_kafka_peer(const ExporterConfig& config);
std::unique_ptr<Peer> make_debug_peer(const ExporterConfig& config);

/// What `auth` says; null if it says nothing.
Result<std::shared_ptr<net::Authorization>> make_authorization(const PeerAuthConfig& auth);

/// Calls `send` with the header that lets us in, or with none if `authorization` is null. If the
/// peer refuses it and there is another by now, the error becomes retryable.
void send_authorized(const std::shared_ptr<net::Authorization>& authorization, Peer::Done done,
                     std::move_only_function<void(net::HttpFields headers, Peer::Done done)> send);

/// Counts and, once in a while, logs what a peer rejected inside a request it accepted. It is never
/// sent again.
void note_rejections(const std::string& exporter, otlp::Signal signal, const std::string& response);

}  // namespace clew
