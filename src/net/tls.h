// Certificates and keys from files, checked before a server or client starts with them.
#pragma once

#include <string>

#include "base/result.h"

namespace clew::net {

/// Where a server's or client's certificates lie (all PEM); empty means "not given".
struct TlsFiles {
  std::string cert_file;  // our certificate, followed by its intermediates; servers need it
  std::string key_file;   // the certificate's private key
  std::string ca_file;    // server: demand client certificates signed by these;
                          // client: trust these instead of the system's
};

/// How a client talks TLS to its peer, in the terms of the OpenTelemetry Collector's `tls` section.
struct ClientTls {
  TlsFiles files = {};
  std::string server_name = {};  // expected in the peer's certificate instead of the host's name
  bool skip_verify = false;      // take any certificate: encrypted, but to whom nobody knows
};

/// The files' content, known to be well-formed: certificates parse and the key fits the
/// certificate.
struct TlsMaterial {
  std::string cert;
  std::string key;
  std::string ca;
};

/// Reads and checks `files`. Errors name the file: kIo if it cannot be read, kInvalid if it is not
/// what it should be.
Result<TlsMaterial> load_tls(const TlsFiles& files);

/// The file with the certificates that this system trusts; empty if it is in none of the usual
/// places. SSL_CERT_FILE goes first.
std::string system_trust_file();

}  // namespace clew::net
