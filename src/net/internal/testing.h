// For net/'s tests: a client that says exactly what the test wrote, and certificates.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "net/tls.h"

namespace clew::net::testing {

/// A response as it came over the wire.
struct RawResponse {
  int status = 0;    // 0: the connection ended or stood still before a whole response
  std::string head;  // status line and header block, lower-case
  std::string body;
};

/// A TCP connection to a port on 127.0.0.1. Nothing waits for longer than 5 s.
class RawClient {
 public:
  explicit RawClient(uint16_t port);
  RawClient(RawClient&& other) noexcept;
  ~RawClient();

  bool connected() const { return fd_ >= 0; }
  /// False if the other side has closed.
  bool send(std::string_view bytes);
  /// Reads one response with Content-Length; `head` means it has no body. Keeps what follows.
  RawResponse read_response(bool head = false);
  /// Reads up to the first `mark` and gives it all; nothing if the connection ends or stands still
  /// before. Keeps what follows.
  std::string read_until(std::string_view mark);
  /// Sends and reads.
  RawResponse ask(std::string_view bytes);
  /// Whether the other side closes the connection within `time`, without sending anything more.
  bool closes_within(std::chrono::milliseconds time);
  /// Closes our side with a reset.
  void reset();

 private:
  bool read_more();

  int fd_ = -1;
  std::string input_;
};

/// Keeps what is logged while it lives, instead of printing it.
class CapturedLog {
 public:
  CapturedLog();
  ~CapturedLog();
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;

  /// "warning: text\n" for each line so far.
  std::string text() const;

 private:
  struct Lines;
  std::shared_ptr<Lines> lines_;
  std::shared_ptr<spdlog::logger> before_;
};

/// A certificate authority and what it signed, as files in a temporary folder that goes with it.
class TestCertificates {
 public:
  TestCertificates();
  ~TestCertificates();

  /// For 127.0.0.1 and localhost; with `ca_file` if clients must show a certificate.
  TlsFiles server(bool ask_clients = false) const;
  /// Trusts the authority; shows a certificate if asked to.
  TlsFiles client(bool with_certificate = false) const;
  std::string file(std::string_view name, std::string_view content) const;

 private:
  std::string folder_;
};

}  // namespace clew::net::testing
