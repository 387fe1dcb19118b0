#include "mesh/identity/key_protection.h"

#include <cstdlib>

namespace clew::mesh::identity {

KeyProtection KeyProtection::passphrase(net::Secret secret) {
  KeyProtection protection;
  protection.passphrase_ = std::move(secret);
  return protection;
}

Result<KeyProtection> KeyProtection::choose(const std::string& file, const std::string& variable,
                                            bool unprotected) {
  const char* value = std::getenv(variable.c_str());
  int given = int{!file.empty()} + int{value != nullptr} + int{unprotected};
  if (given == 0)
    return fail(
        Code::kInvalid,
        "private keys need a passphrase: give a file that holds one, or set {}; or say that "
        "they may lie unencrypted on disk",
        variable);
  if (given > 1)
    return fail(Code::kInvalid,
                "give the passphrase of private keys once: by a file, by {}, or say that there is "
                "none",
                variable);
  KeyProtection chosen = none();
  if (!file.empty()) chosen = passphrase(net::Secret::in_file(file));
  if (value != nullptr) chosen = passphrase(net::Secret::of(value));
  if (auto text = chosen.text(); !text) return std::unexpected(text.error());
  return chosen;
}

Result<std::optional<std::string>> KeyProtection::text() const {
  if (!passphrase_) return std::nullopt;
  auto text = passphrase_->text();
  if (!text) return std::unexpected(text.error());
  return *std::move(text);
}

}  // namespace clew::mesh::identity
