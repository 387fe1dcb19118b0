// The key of debug tokens: whose requests are traced whatever sampling says.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/disk.h"
#include "base/result.h"
#include "mesh/identity/key_protection.h"
#include "mesh/identity/private_key.h"

namespace clew::mesh::identity {

struct DebugKeyOptions {
  std::string mesh;          // whose it is
  std::string file;          // where it lies
  KeyProtection protection;  // of it there
};

/// Signs JSON Web Tokens (ES256) that are good for one public host. Edges get the public half only:
/// what they check with is no use for making tokens. Immutable, any thread may use it.
class DebugKey {
 public:
  /// What `options.file` holds; if there is none, a new key is made and put there. A key in it that
  /// is not encrypted though it should be is encrypted now. kMalformed if the file is damaged,
  /// kInvalid if it is of another mesh or the passphrase is wrong.
  static Result<DebugKey> open(const DebugKeyOptions& options, Disk& disk = Disk::system());

  /// A token with the claims iss, aud (the host), iat and exp, in whole seconds.
  Result<std::string> token(const std::string& host, UnixNanos from, UnixNanos until) const;

  /// What checks tokens: a JSON Web Key Set of the public key.
  const std::string& public_keys() const { return public_keys_; }

  /// The claim iss of a mesh's tokens.
  static std::string issuer_of(const std::string& mesh) { return "clew:" + mesh; }

 private:
  DebugKey(PrivateKey key, std::string issuer, std::string public_keys)
      : key_(std::move(key)), issuer_(std::move(issuer)), public_keys_(std::move(public_keys)) {}

  PrivateKey key_;
  std::string issuer_, public_keys_;
};

}  // namespace clew::mesh::identity
