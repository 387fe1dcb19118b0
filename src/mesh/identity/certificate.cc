#include "mesh/identity/certificate.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <ctime>
#include <initializer_list>
#include <utility>

#include "base/hex.h"
#include "base/limits.h"

namespace clew::mesh::identity {
namespace {

constexpr UnixNanos kSecond = 1'000'000'000;
/// Serials have at most 20 bytes and are positive (RFC 5280, section 4.1.2.2).
constexpr int kSerialBits = 159;

UnixNanos nanos_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return static_cast<UnixNanos>(std::max<std::time_t>(timegm(&parts), 0)) * kSecond;
}

std::string der_of(const X509& certificate) {
  unsigned char* bytes = nullptr;
  int size = i2d_X509(&certificate, &bytes);
  std::string der(reinterpret_cast<char*>(bytes), static_cast<size_t>(std::max(size, 0)));
  OPENSSL_free(bytes);
  return der;
}

std::string text_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<size_t>(ASN1_STRING_length(string))};
}

bool set_serial(X509& certificate) {
  BignumPtr number(BN_new());
  return number && BN_rand(number.get(), kSerialBits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(&certificate)) != nullptr;
}

bool set_life(X509& certificate, UnixNanos not_before, UnixNanos not_after) {
  auto seconds = [](UnixNanos time) { return static_cast<std::time_t>(time / kSecond); };
  return ASN1_TIME_set(X509_getm_notBefore(&certificate), seconds(not_before)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(&certificate), seconds(not_after)) != nullptr;
}

bool add_to_subject(X509& certificate, const char* field, std::string_view value) {
  return X509_NAME_add_entry_by_txt(X509_get_subject_name(&certificate), field, MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(value.data()),
                                    static_cast<int>(value.size()), -1, 0) == 1;
}

/// An extension in the words of OpenSSL's configuration: for constant values only.
bool add_extension(X509& certificate, const X509& issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, const_cast<X509*>(&issuer), &certificate, nullptr, nullptr, 0);
  ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  return extension && X509_add_ext(&certificate, extension.get(), -1) == 1;
}

bool add_name(GENERAL_NAMES& names, int type, std::string_view text) {
  ASN1_IA5STRING* value = ASN1_IA5STRING_new();
  GENERAL_NAME* name = GENERAL_NAME_new();
  if (value == nullptr || name == nullptr ||
      ASN1_STRING_set(value, text.data(), static_cast<int>(text.size())) != 1) {
    ASN1_IA5STRING_free(value);
    GENERAL_NAME_free(name);
    return false;
  }
  GENERAL_NAME_set0_value(name, type, value);
  return sk_GENERAL_NAME_push(&names, name) > 0;
}

Result<void> add_address(GENERAL_NAMES& names, const std::string& address) {
  ASN1_OCTET_STRING* bytes = a2i_IPADDRESS(address.c_str());
  ERR_clear_error();
  if (bytes == nullptr) return fail(Code::kInvalid, "\"{}\" is no IP address", address);
  GENERAL_NAME* name = GENERAL_NAME_new();
  GENERAL_NAME_set0_value(name, GEN_IPADD, bytes);
  sk_GENERAL_NAME_push(&names, name);
  return {};
}

Result<void> add_names(X509& certificate, const LeafRequest& request) {
  GeneralNamesPtr names(GENERAL_NAMES_new());
  // One URI and no more: the X.509-SVID standard, section 2.
  bool added = names && add_name(*names, GEN_URI, request.id.text());
  for (const std::string& dns_name : request.dns_names)
    added = added && add_name(*names, GEN_DNS, dns_name);
  for (const std::string& address : request.ip_addresses)
    if (auto done = add_address(*names, address); !done) return done;
  if (added && X509_add1_ext_i2d(&certificate, NID_subject_alt_name, names.get(), 0, 0) == 1)
    return {};
  return fail(Code::kUnavailable, "cannot name a certificate: {}", last_openssl_error());
}

/// What every certificate of ours has; `issuer` is null for one that signs itself.
Result<X509Ptr> begin(const PrivateKey& key, const X509* issuer, UnixNanos now, UnixNanos end) {
  X509Ptr made(X509_new());
  UnixNanos start = now - std::min(now, UnixNanos(std::chrono::nanoseconds(kBackdating).count()));
  bool done =
      made && X509_set_version(made.get(), X509_VERSION_3) == 1 && set_serial(*made) &&
      set_life(*made, start, end) && X509_set_pubkey(made.get(), key.get()) == 1 &&
      add_to_subject(*made, "O", "Clew") &&
      (issuer == nullptr || X509_set_issuer_name(made.get(), X509_get_subject_name(issuer)) == 1);
  if (!done) return fail(Code::kUnavailable, "cannot make a certificate: {}", last_openssl_error());
  return made;
}

Result<X509Ptr> signed_by(const PrivateKey& key, X509Ptr certificate) {
  // Ed25519 and Ed448 bring their own digest.
  const EVP_MD* digest = EVP_sha256();
  int kind = EVP_PKEY_get_base_id(key.get());
  if (kind == EVP_PKEY_ED25519 || kind == EVP_PKEY_ED448) digest = nullptr;
  if (X509_sign(certificate.get(), key.get(), digest) > 0) return certificate;
  return fail(Code::kUnavailable, "cannot sign a certificate: {}", last_openssl_error());
}

UnixNanos after(UnixNanos now, std::chrono::seconds life) {
  return now + static_cast<UnixNanos>(std::chrono::nanoseconds(life).count());
}

}  // namespace

CertificateFacts facts_of(const X509& certificate) {
  CertificateFacts facts;
  BioPtr subject = memory_bio();
  X509_NAME_print_ex(subject.get(), X509_get_subject_name(&certificate), 0, XN_FLAG_ONELINE);
  facts.subject = identity::text_of(*subject);
  BignumPtr serial(ASN1_INTEGER_to_BN(X509_get0_serialNumber(&certificate), nullptr));
  std::string bytes(static_cast<size_t>(serial ? BN_num_bytes(serial.get()) : 0), '\0');
  if (serial) BN_bn2bin(serial.get(), reinterpret_cast<unsigned char*>(bytes.data()));
  facts.serial = hex_text(bytes);
  facts.fingerprint = hex_text(sha256(der_of(certificate)));
  facts.not_before = nanos_of(X509_get0_notBefore(&certificate));
  facts.not_after = nanos_of(X509_get0_notAfter(&certificate));
  facts.is_authority = X509_check_ca(const_cast<X509*>(&certificate)) == 1;
  GeneralNamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int type = 0;
    void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type);
    if (type == GEN_URI) facts.uris.push_back(text_of(static_cast<ASN1_STRING*>(value)));
    if (type == GEN_DNS) facts.dns_names.push_back(text_of(static_cast<ASN1_STRING*>(value)));
  }
  ERR_clear_error();
  return facts;
}

Result<std::vector<X509Ptr>> read_certificates(std::string_view pem) {
  std::vector<X509Ptr> certificates;
  BioPtr bio = bio_of(pem);
  auto no_password = [](char*, int, int, void*) { return 0; };
  while (X509Ptr next{PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr)}) {
    if (certificates.size() == limits::kCertificatesPerFile) {
      ERR_clear_error();
      return fail(Code::kTooLarge, "more than {} certificates", limits::kCertificatesPerFile);
    }
    certificates.push_back(std::move(next));
  }
  bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  std::string reason = last_openssl_error();
  if (!ended) return fail(Code::kInvalid, "a certificate is damaged: {}", reason);
  if (certificates.empty()) return fail(Code::kInvalid, "no certificate in PEM form");
  return certificates;
}

std::string pem_of(const X509& certificate) {
  BioPtr out = memory_bio();
  PEM_write_bio_X509(out.get(), &certificate);
  return identity::text_of(*out);
}

Result<X509Ptr> make_authority_certificate(const PrivateKey& key, const std::string& trust_domain,
                                           UnixNanos now, std::chrono::seconds life) {
  auto made = begin(key, nullptr, now, after(now, life));
  if (!made) return made;
  X509& it = **made;
  // X.520 allows 64 characters. Names of authorities differ by the key, so that a verifier does not
  // try the wrong one of two during a rotation.
  std::string name = fmt::format("mesh {} {}", trust_domain.substr(0, 40), key.id().substr(0, 8));
  GeneralNamesPtr names(GENERAL_NAMES_new());
  bool done = add_to_subject(it, "CN", name) &&
              X509_set_issuer_name(&it, X509_get_subject_name(&it)) == 1 &&
              add_extension(it, it, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
              add_extension(it, it, NID_key_usage, "critical,keyCertSign,cRLSign") &&
              add_extension(it, it, NID_subject_key_identifier, "hash") && names &&
              add_name(*names, GEN_URI, "spiffe://" + trust_domain) &&
              X509_add1_ext_i2d(&it, NID_subject_alt_name, names.get(), 0, 0) == 1;
  if (!done) return fail(Code::kUnavailable, "cannot make a certificate: {}", last_openssl_error());
  return signed_by(key, *std::move(made));
}

Result<X509Ptr> make_leaf_certificate(const PrivateKey& key, const LeafRequest& request,
                                      const X509& issuer, const PrivateKey& issuer_key,
                                      UnixNanos now, std::chrono::seconds life) {
  UnixNanos issuer_end = nanos_of(X509_get0_notAfter(&issuer));
  if (now >= issuer_end)
    return fail(Code::kUnavailable, "the authority's certificate ({}) has expired",
                facts_of(issuer).subject);
  auto made = begin(key, &issuer, now, std::min(after(now, life), issuer_end));
  if (!made) return made;
  X509& it = **made;
  if (auto named = add_names(it, request); !named) return std::unexpected(named.error());
  bool done = add_extension(it, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
              add_extension(it, issuer, NID_key_usage, "critical,digitalSignature") &&
              add_extension(it, issuer, NID_ext_key_usage, "serverAuth,clientAuth") &&
              add_extension(it, issuer, NID_subject_key_identifier, "hash") &&
              (X509_get0_subject_key_id(const_cast<X509*>(&issuer)) == nullptr ||  // a foreign one
               add_extension(it, issuer, NID_authority_key_identifier, "keyid"));
  if (!done) return fail(Code::kUnavailable, "cannot make a certificate: {}", last_openssl_error());
  return signed_by(issuer_key, *std::move(made));
}

}  // namespace clew::mesh::identity
