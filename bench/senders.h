// How a request of the workload reaches a server: OTLP/HTTP, OTLP/gRPC, Zipkin's JSON, or Jaeger's
// packets.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace clew::bench {

enum class Protocol { kHttp, kGrpc, kZipkin, kJaegerCompact };

/// One connection. Not for several threads at once.
class Sender {
 public:
  virtual ~Sender() = default;

  /// Sends `request`, a serialized ExportTraceServiceRequest of `spans` spans, and waits for the
  /// answer, at most a minute. How many of them were acknowledged: none when the whole request was
  /// refused or failed, fewer than `spans` when the server rejected some. Packets have no answer:
  /// what was sent counts as acknowledged.
  virtual uint64_t send(std::string request, uint64_t spans) = 0;
};

/// A connection to `target` ("host:port"), opened with the first request. `path` is the HTTP path
/// that spans are posted to; empty for the protocol's usual one.
std::unique_ptr<Sender> make_sender(Protocol protocol, const std::string& target,
                                    const std::string& path);

}  // namespace clew::bench
