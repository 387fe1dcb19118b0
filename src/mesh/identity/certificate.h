// X.509 certificates: what is in them, and how they are made.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "mesh/identity/openssl.h"
#include "mesh/identity/private_key.h"
#include "mesh/identity/spiffe_id.h"

namespace clew::mesh::identity {

/// Clocks of machines differ: a certificate is valid from this long before it was made.
inline constexpr std::chrono::minutes kBackdating{5};

/// What people and the control plane ask of a certificate.
struct CertificateFacts {
  std::string subject;  // "O = Clew, CN = mesh default"
  std::vector<std::string> uris, dns_names;
  std::string serial;       // hexadecimal
  std::string fingerprint;  // SHA-256, hexadecimal
  UnixNanos not_before = 0, not_after = 0;
  bool is_authority = false;
};

CertificateFacts facts_of(const X509& certificate);

/// All certificates of a PEM text, in its order. kInvalid if there is none or one is damaged;
/// kTooLarge past limits::kCertificatesPerFile.
Result<std::vector<X509Ptr>> read_certificates(std::string_view pem);

std::string pem_of(const X509& certificate);

/// Whom a certificate is for.
struct LeafRequest {
  SpiffeId id;
  std::vector<std::string> dns_names = {};     // of servers that are called by a name
  std::vector<std::string> ip_addresses = {};  // or by an address
};

/// A certificate of `key` by itself, which may sign those of the trust domain, but no further
/// authorities.
Result<X509Ptr> make_authority_certificate(const PrivateKey& key, const std::string& trust_domain,
                                           UnixNanos now, std::chrono::seconds life);

/// A certificate of `key` for TLS servers and clients, by `issuer`. It ends when its issuer does,
/// if that is sooner. kInvalid for an address that is none, kUnavailable if the issuer has ended.
Result<X509Ptr> make_leaf_certificate(const PrivateKey& key, const LeafRequest& request,
                                      const X509& issuer, const PrivateKey& issuer_key,
                                      UnixNanos now, std::chrono::seconds life);

}  // namespace clew::mesh::identity
