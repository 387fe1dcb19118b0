// How the workload reaches a server: in which format, over which transport.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "load/message.h"

namespace clew::load {

class Transport;

enum class Protocol {
  kHttp,             // OTLP protobuf over HTTP
  kGrpc,             // OTLP over gRPC
  kZipkin,           // Zipkin v2 JSON over HTTP
  kZipkinProto,      // Zipkin v2 protobuf over HTTP
  kJaegerUdp,        // Jaeger thrift compact over UDP
  kJaegerUdpBinary,  // Jaeger thrift binary over UDP
  kJaegerHttp,       // Jaeger thrift binary over HTTP
  kJaegerGrpc,       // Jaeger protobuf over gRPC
};

struct SenderOptions {
  std::string target;  // "host:port"
  Protocol protocol = Protocol::kHttp;
  std::string path = {};         // of HTTP; empty: the protocol's usual one
  std::string compression = {};  // as net::encode_content() names it; gRPC knows gzip only
};

/// What became of one request of the workload.
struct Sent {
  uint64_t accepted = 0;  // spans
  uint64_t bytes = 0;     // of all messages it became, before compression
  std::string problem;    // why spans were not accepted, as far as the server said
};

/// One connection. Not for several threads at once.
class Sender {
 public:
  /// Does not connect yet. Fails with kInvalid for a target or compression that the protocol cannot
  /// have.
  static Result<std::unique_ptr<Sender>> create(const SenderOptions& options);
  ~Sender();

  /// Sends `request`, a serialized ExportTraceServiceRequest of `spans` spans, and waits for the
  /// answer, at most a minute. None of its spans are accepted when it was refused or failed, fewer
  /// than all when the server rejected some. Over UDP accepted means that the system took the
  /// packet: nobody answers.
  Sent send(std::string request, uint64_t spans);

 private:
  using Encode = Messages (*)(std::string request, uint64_t spans);
  Sender(Encode encode, std::unique_ptr<Transport> transport, bool answers_otlp);

  Encode encode_;
  std::unique_ptr<Transport> transport_;
  bool answers_otlp_;  // with an ExportTraceServiceResponse, which may reject some spans
};

}  // namespace clew::load
