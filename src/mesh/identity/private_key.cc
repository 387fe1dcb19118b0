#include "mesh/identity/private_key.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include <algorithm>
#include <cstring>

namespace clew::mesh::identity {
namespace {

/// What OWASP advises for passwords; OpenSSL's own default of PBKDF2, 2048 rounds, is from 2000.
/// More than N = 2^14 needs more than the 32 MiB that OpenSSL allows itself when it reads.
constexpr uint64_t kScryptN = 1 << 14, kScryptR = 8, kScryptP = 5;

/// Of r and of s.
constexpr size_t kHalfBytes = 32;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// Gives OpenSSL the passphrase. Without one it gets an empty one, or it would ask on the terminal.
int give_passphrase(char* buffer, int size, int /*writing*/, void* passphrase) {
  const auto& text = *static_cast<const Passphrase*>(passphrase);
  if (!text || text->size() > static_cast<size_t>(size)) return 0;
  std::memcpy(buffer, text->data(), text->size());
  return static_cast<int>(text->size());
}

EncryptedPkcs8Ptr encrypted(const PKCS8_PRIV_KEY_INFO& key, const std::string& passphrase) {
  // A null salt and IV: OpenSSL throws the dice.
  X509_ALGOR* algorithm =
      PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), nullptr, 0, nullptr, kScryptN, kScryptR, kScryptP);
  if (algorithm == nullptr) return nullptr;
  X509_SIG* sealed = PKCS8_set0_pbe(passphrase.data(), static_cast<int>(passphrase.size()),
                                    const_cast<PKCS8_PRIV_KEY_INFO*>(&key), algorithm);
  if (sealed == nullptr) X509_ALGOR_free(algorithm);
  return EncryptedPkcs8Ptr(sealed);
}

}  // namespace

Result<PrivateKey> PrivateKey::generate() {
  KeyPtr key(EVP_EC_gen("P-256"));
  if (!key) return fail(Code::kUnavailable, "cannot make a key: {}", last_openssl_error());
  return PrivateKey(std::move(key));
}

Result<PrivateKey> PrivateKey::read(std::string_view pem, const Passphrase& passphrase) {
  if (is_encrypted(pem) && !passphrase)
    return fail(Code::kInvalid, "the private key is encrypted, and no passphrase is given");
  KeyPtr key(PEM_read_bio_PrivateKey(bio_of(pem).get(), nullptr, give_passphrase,
                                     const_cast<Passphrase*>(&passphrase)));
  ERR_clear_error();
  if (key) return PrivateKey(std::move(key));
  if (is_encrypted(pem))
    return fail(Code::kInvalid, "the private key cannot be decrypted: is the passphrase right?");
  return fail(Code::kInvalid, "no private key in PEM form");
}

Result<std::string> PrivateKey::pem(const Passphrase& passphrase) const {
  Pkcs8Ptr plain(EVP_PKEY2PKCS8(key_.get()));
  BioPtr out = memory_bio();
  bool written = false;
  if (plain && !passphrase) {
    written = PEM_write_bio_PKCS8_PRIV_KEY_INFO(out.get(), plain.get()) == 1;
  } else if (plain) {
    EncryptedPkcs8Ptr sealed = encrypted(*plain, *passphrase);
    written = sealed && PEM_write_bio_PKCS8(out.get(), sealed.get()) == 1;
  }
  if (!written) return fail(Code::kUnavailable, "cannot write a key: {}", last_openssl_error());
  return text_of(*out);
}

Result<std::string> PrivateKey::sign_es256(std::string_view bytes) const {
  DigestContextPtr context(EVP_MD_CTX_new());
  std::string der(128, '\0');  // a signature on P-256 takes at most 72 bytes
  size_t size = der.size();
  bool done = context &&
              EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
              EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(der.data()), &size,
                             bytes_of(bytes), bytes.size()) == 1;
  const unsigned char* at = bytes_of(der);
  EcdsaPtr parts(done ? d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)) : nullptr);
  if (!parts) return fail(Code::kUnavailable, "cannot sign: {}", last_openssl_error());
  std::string signature(2 * kHalfBytes, '\0');
  auto* out = reinterpret_cast<unsigned char*>(signature.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), out, kHalfBytes);
  BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), out + kHalfBytes, kHalfBytes);
  return signature;
}

bool PrivateKey::verifies_es256(std::string_view bytes, std::string_view signature) const {
  if (signature.size() != 2 * kHalfBytes) return false;
  BignumPtr r(BN_bin2bn(bytes_of(signature), kHalfBytes, nullptr));
  BignumPtr s(BN_bin2bn(bytes_of(signature) + kHalfBytes, kHalfBytes, nullptr));
  EcdsaPtr parts(ECDSA_SIG_new());
  if (!r || !s || !parts) return false;
  ECDSA_SIG_set0(parts.get(), r.release(), s.release());
  unsigned char* der = nullptr;
  int size = i2d_ECDSA_SIG(parts.get(), &der);
  std::unique_ptr<unsigned char, Freed<[](void* memory) { OPENSSL_free(memory); }>> owner(der);
  DigestContextPtr context(EVP_MD_CTX_new());
  bool valid =
      size > 0 && context &&
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
      EVP_DigestVerify(context.get(), der, static_cast<size_t>(size), bytes_of(bytes),
                       bytes.size()) == 1;
  ERR_clear_error();
  return valid;
}

bool PrivateKey::is_p256() const {
  char group[32] = {};
  return EVP_PKEY_get_group_name(key_.get(), group, sizeof(group), nullptr) == 1 &&
         OBJ_txt2nid(group) == NID_X9_62_prime256v1;
}

std::string PrivateKey::id() const {
  unsigned char* der = nullptr;
  int size = i2d_PUBKEY(key_.get(), &der);
  std::string digest =
      sha256({reinterpret_cast<char*>(der), static_cast<size_t>(std::max(size, 0))});
  OPENSSL_free(der);
  std::string id;
  for (unsigned char byte : std::string_view(digest).substr(0, 16))
    id += fmt::format("{:02x}", byte);
  return id;
}

bool is_encrypted(std::string_view key_pem) {
  // The second is how OpenSSL wrote keys before PKCS#8.
  return key_pem.find("BEGIN ENCRYPTED PRIVATE KEY") != key_pem.npos ||
         key_pem.find("Proc-Type: 4,ENCRYPTED") != key_pem.npos;
}

}  // namespace clew::mesh::identity
