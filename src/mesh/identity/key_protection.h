// How private keys lie on disk.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "net/secret.h"

namespace clew::mesh::identity {

/// Whether keys are encrypted where they are kept, and with what. Copies share the secret.
class KeyProtection {
 public:
  static KeyProtection passphrase(net::Secret secret);
  /// Keys lie there as they are: the file's mode 0600 is all that protects them. Only for who says
  /// so in so many words.
  static KeyProtection none() { return {}; }
  /// As a command line says it: the passphrase in `file`, or in the environment variable
  /// `variable`, or `unprotected`. kInvalid unless exactly one of them is given.
  static Result<KeyProtection> choose(const std::string& file, const std::string& variable,
                                      bool unprotected);

  /// The passphrase, nullopt for none(). Errors are those of net::Secret.
  Result<std::optional<std::string>> text() const;

 private:
  std::optional<net::Secret> passphrase_;
};

}  // namespace clew::mesh::identity
