// A mesh's certificate authority: it says who is who.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "base/result.h"
#include "mesh/identity/certificate.h"
#include "mesh/identity/key_protection.h"
#include "mesh/identity/private_key.h"
#include "mesh/identity/state_file.h"

namespace clew::mesh::identity {

/// What a workload shows to others, and its key. Immutable.
struct Leaf {
  std::string id;         // spiffe://mesh/service
  std::string chain_pem;  // the certificate, then those between it and the root
  std::string key_pem;    // not encrypted
  UnixNanos not_before = 0, not_after = 0;
  std::string serial;  // hexadecimal
  std::string issuer;  // fingerprint of the certificate that signed it
};
using LeafPtr = std::shared_ptr<const Leaf>;

/// An authority that was made elsewhere.
struct ProvidedAuthority {
  /// In PEM: the signing certificate, then those that lead to its root, each signed by the next.
  std::string certificates;
  std::string key;  // in PEM; empty: trusted, but does not sign
  KeyProtection key_protection = KeyProtection::none();  // of `key`
};

struct AuthorityOptions {
  std::string trust_domain;  // the mesh's name
  std::string file;          // where its state lies; keys and all
  KeyProtection protection;  // of the keys in it
  std::chrono::seconds authority_life = std::chrono::hours(24) * 3650;
  std::chrono::seconds leaf_life = std::chrono::hours(24);
};

/// One of the certificates that are trusted.
struct AuthorityFacts {
  CertificateFacts certificate;
  bool signs = false;
};

/// Issues certificates of one trust domain, and tells what to trust. There is always exactly one
/// authority that signs. An own one is replaced without anyone losing trust in anyone:
///
///     begin_rotation()   both are trusted, the old one signs; wait until all proxies know
///     activate()         both are trusted, the new one signs; wait until all leaves are new
///     finish()           only the new one is trusted
///
/// Each step is on disk before it has an effect, so it survives any crash. Any thread may use it.
class Authority {
 public:
  /// What `options.file` holds; if there is none, a new authority is made and put there. Keys in it
  /// that are not encrypted though they should be are encrypted now. kMalformed if the file is
  /// damaged, kInvalid if it is of another trust domain or the passphrase is wrong.
  static Result<std::unique_ptr<Authority>> open(AuthorityOptions options, const Clock& clock,
                                                 Disk& disk = Disk::system());

  /// Authorities from elsewhere; the first signs, all are trusted. Their rotation is a call of
  /// provide() with others. `options.file` is not used. kInvalid says which is not fit, and why:
  /// no authority, expired, a key of another certificate.
  static Result<std::unique_ptr<Authority>> provided(AuthorityOptions options,
                                                     const std::vector<ProvidedAuthority>& from,
                                                     const Clock& clock);

  /// Puts others in the place of those that were provided. After an error all is as before.
  Result<void> provide(const std::vector<ProvidedAuthority>& from);

  /// A new certificate and key. kInvalid for an ID of another trust domain, kUnavailable if it
  /// cannot be made now.
  Result<LeafPtr> issue(const LeafRequest& request) const;

  /// What proxies are to trust: PEM, the authority that signs first.
  std::string trust_bundle() const;
  /// Fingerprint of the certificate that signs.
  std::string signer() const;
  /// All that are trusted, the one that signs first.
  std::vector<AuthorityFacts> authorities() const;
  const std::string& trust_domain() const { return options_.trust_domain; }

  /// The steps above. kInvalid if it is not their turn, or authorities are provided.
  Result<void> begin_rotation();
  Result<void> activate();
  /// Also takes back a begun rotation: whatever does not sign is not trusted any more.
  Result<void> finish();

 private:
  struct Member;
  using Members = std::vector<std::shared_ptr<const Member>>;  // the one that signs first
  struct State {
    Members members;
    bool activated = false;  // of two own ones the newer signs
  };

  Authority(AuthorityOptions options, const Clock& clock, Disk& disk, bool is_provided);

  static Result<std::shared_ptr<const Member>> member_of(const ProvidedAuthority& from,
                                                         UnixNanos now);
  Result<State> read(const nlohmann::json& from, const Passphrase& passphrase,
                     bool& needs_encryption) const;
  Result<std::shared_ptr<const Member>> make_member() const;
  /// Makes it what is, on disk and here. With `change_`.
  Result<void> save(State state);
  Result<void> own() const;
  State state() const;
  std::shared_ptr<const Member> front() const;

  const AuthorityOptions options_;
  const Clock& clock_;
  const StateFile file_;
  const bool provided_;
  std::mutex change_;         // held while something changes, disk and all
  mutable std::mutex mutex_;  // of state_
  State state_;
};

}  // namespace clew::mesh::identity
