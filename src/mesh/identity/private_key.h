// A private key, and its way to disk and back.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "mesh/identity/openssl.h"

namespace clew::mesh::identity {

/// What encrypts a key on disk; nullopt: nothing does.
using Passphrase = std::optional<std::string>;

/// Immutable; copies share the key, any thread may use it.
class PrivateKey {
 public:
  /// ECDSA on the curve P-256.
  static Result<PrivateKey> generate();
  /// From PEM, encrypted or not, of any kind that OpenSSL knows. kInvalid if it is none, if it is
  /// encrypted and there is no passphrase, or if that is wrong.
  static Result<PrivateKey> read(std::string_view pem, const Passphrase& passphrase);

  /// PKCS#8 in PEM: with a passphrase encrypted with AES-256, under a key made of it by scrypt
  /// (N 16384, r 8, p 5: about a fifth of a second for every guess).
  Result<std::string> pem(const Passphrase& passphrase) const;

  /// ES256: over SHA-256 of `bytes`, r and s with 32 bytes each. The key must be on P-256.
  /// Source: RFC 7518, section 3.4.
  Result<std::string> sign_es256(std::string_view bytes) const;
  bool verifies_es256(std::string_view bytes, std::string_view signature) const;

  bool is_p256() const;
  /// SHA-256 of the public key (SubjectPublicKeyInfo), 32 hexadecimal digits of it: a name for it.
  std::string id() const;

  EVP_PKEY* get() const { return key_.get(); }

 private:
  explicit PrivateKey(KeyPtr key) : key_(std::move(key)) {}
  std::shared_ptr<EVP_PKEY> key_;
};

/// Whether the key in this PEM is encrypted.
bool is_encrypted(std::string_view key_pem);

}  // namespace clew::mesh::identity
