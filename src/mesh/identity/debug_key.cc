#include "mesh/identity/debug_key.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "mesh/identity/state_file.h"

namespace clew::mesh::identity {
namespace {

using Json = nlohmann::json;

constexpr UnixNanos kSecond = 1'000'000'000;

/// A point of P-256, not compressed: 4, then x and y with 32 bytes each.
constexpr size_t kCoordinateBytes = 32, kPointBytes = 1 + 2 * kCoordinateBytes;

/// Base64 as tokens have it, without padding. Source: RFC 4648, section 5.
std::string base64url(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  text.resize(static_cast<size_t>(EVP_EncodeBlock(
      reinterpret_cast<unsigned char*>(text.data()),
      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()))));
  text.erase(std::ranges::find(text, '='), text.end());
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

/// Source: RFC 7518, section 6.2.
Result<std::string> key_set(const PrivateKey& key) {
  std::array<char, kPointBytes> point = {};
  size_t size = 0;
  if (EVP_PKEY_get_octet_string_param(key.get(), OSSL_PKEY_PARAM_PUB_KEY,
                                      reinterpret_cast<unsigned char*>(point.data()), point.size(),
                                      &size) != 1 ||
      size != kPointBytes)
    return fail(Code::kInvalid, "cannot tell the public half of a key: {}", last_openssl_error());
  std::string_view x(point.data() + 1, kCoordinateBytes);
  std::string_view y(point.data() + 1 + kCoordinateBytes, kCoordinateBytes);
  Json entry = {{"kty", "EC"},     {"crv", "P-256"},    {"alg", "ES256"},   {"use", "sig"},
                {"kid", key.id()}, {"x", base64url(x)}, {"y", base64url(y)}};
  return Json{{"keys", Json::array({std::move(entry)})}}.dump();
}

Result<PrivateKey> make(const StateFile& file, const std::string& mesh,
                        const Passphrase& passphrase) {
  auto key = PrivateKey::generate();
  if (!key) return key;
  auto pem = key->pem(passphrase);
  if (!pem) return std::unexpected(pem.error());
  if (auto kept = file.write({{"mesh", mesh}, {"key", *pem}}); !kept)
    return std::unexpected(kept.error());
  return key;
}

Result<PrivateKey> read(const StateFile& file, const Json& state, const std::string& mesh,
                        const Passphrase& passphrase) {
  auto owner = text_member(state, "mesh");
  auto pem = text_member(state, "key");
  if (!owner || !pem)
    return fail(Code::kMalformed, "{}: {}", file.path(),
                owner ? pem.error().message : owner.error().message);
  if (*owner != mesh) return fail(Code::kInvalid, "{} is of the mesh {}", file.path(), *owner);
  auto key = PrivateKey::read(*pem, passphrase);
  if (!key) return fail(key.error().code, "{}: {}", file.path(), key.error().message);
  if (!key->is_p256()) return fail(Code::kInvalid, "{}: a key not on P-256", file.path());
  if (!passphrase || is_encrypted(*pem)) return key;
  auto sealed = key->pem(passphrase);
  if (!sealed) return std::unexpected(sealed.error());
  if (auto kept = file.write({{"mesh", mesh}, {"key", *sealed}}); !kept)
    return std::unexpected(kept.error());
  return key;
}

}  // namespace

Result<DebugKey> DebugKey::open(const DebugKeyOptions& options, Disk& disk) {
  auto passphrase = options.protection.text();
  if (!passphrase) return std::unexpected(passphrase.error());
  StateFile file(disk, options.file);
  auto state = file.read();
  if (!state) return std::unexpected(state.error());
  auto key = *state ? read(file, **state, options.mesh, *passphrase)
                    : make(file, options.mesh, *passphrase);
  if (!key) return std::unexpected(key.error());
  auto keys = key_set(*key);
  if (!keys) return std::unexpected(keys.error());
  return DebugKey(*std::move(key), issuer_of(options.mesh), *std::move(keys));
}

Result<std::string> DebugKey::token(const std::string& host, UnixNanos from,
                                    UnixNanos until) const {
  Json header = {{"alg", "ES256"}, {"typ", "JWT"}, {"kid", key_.id()}};
  Json claims = {
      {"iss", issuer_}, {"aud", host}, {"iat", from / kSecond}, {"exp", until / kSecond}};
  std::string text = base64url(header.dump()) + "." + base64url(claims.dump());
  auto signature = key_.sign_es256(text);
  if (!signature) return signature;
  return text + "." + base64url(*signature);
}

}  // namespace clew::mesh::identity
