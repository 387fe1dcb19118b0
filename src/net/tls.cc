#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

namespace clew::net {
namespace {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using FilePtr = std::unique_ptr<std::FILE, Deleter<std::fclose>>;
using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using X509Ptr = std::unique_ptr<X509, Deleter<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;

Result<std::string> read_file(const std::string& path) {
  // Not a stream: those read a directory as if it were empty.
  FilePtr file(std::fopen(path.c_str(), "rb"));
  std::string content;
  char piece[4096];
  for (size_t count; file && (count = std::fread(piece, 1, sizeof(piece), file.get())) > 0;) {
    content.append(piece, count);
  }
  if (!file || std::ferror(file.get()) != 0) {
    return fail(Code::kIo, "cannot read {}: {}", path, std::strerror(errno));
  }
  return content;
}

BioPtr bio_of(const std::string& pem) {
  return BioPtr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

Result<X509Ptr> first_certificate(const std::string& path, const std::string& pem) {
  X509Ptr cert(PEM_read_bio_X509(bio_of(pem).get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (!cert) return fail(Code::kInvalid, "{}: holds no certificate in PEM form", path);
  return cert;
}

Result<void> check_pair(const TlsFiles& files, const TlsMaterial& material) {
  auto cert = first_certificate(files.cert_file, material.cert);
  if (!cert) return std::unexpected(cert.error());
  // An empty password: OpenSSL would ask on the terminal for that of an encrypted key.
  auto no_password = [](char*, int, int, void*) { return 0; };
  KeyPtr key(PEM_read_bio_PrivateKey(bio_of(material.key).get(), nullptr, no_password, nullptr));
  ERR_clear_error();
  if (!key) {
    return fail(Code::kInvalid, "{}: holds no private key in PEM form (without a password)",
                files.key_file);
  }
  if (X509_check_private_key(cert->get(), key.get()) != 1) {
    ERR_clear_error();
    return fail(Code::kInvalid, "{}: is not the private key of the certificate in {}",
                files.key_file, files.cert_file);
  }
  return {};
}

}  // namespace

Result<TlsMaterial> load_tls(const TlsFiles& files) {
  if (files.cert_file.empty() != files.key_file.empty()) {
    return fail(Code::kInvalid, "TLS: {} is given without its {}",
                files.cert_file.empty() ? files.key_file : files.cert_file,
                files.cert_file.empty() ? "certificate file" : "key file");
  }
  TlsMaterial material;
  for (auto [path, content] :
       {std::pair{&files.cert_file, &material.cert}, std::pair{&files.key_file, &material.key},
        std::pair{&files.ca_file, &material.ca}}) {
    if (path->empty()) continue;
    auto read = read_file(*path);
    if (!read) return std::unexpected(read.error());
    *content = std::move(*read);
  }
  if (!files.cert_file.empty()) {
    if (auto checked = check_pair(files, material); !checked) {
      return std::unexpected(checked.error());
    }
  }
  if (!files.ca_file.empty()) {
    if (auto cert = first_certificate(files.ca_file, material.ca); !cert) {
      return std::unexpected(cert.error());
    }
  }
  return material;
}

std::string system_trust_file() {
  const char* from_env = std::getenv("SSL_CERT_FILE");
  for (const char* path : {from_env, "/etc/ssl/certs/ca-certificates.crt",
                           "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"}) {
    std::error_code error;
    if (path != nullptr && std::filesystem::exists(path, error)) return path;
  }
  return {};
}

}  // namespace clew::net
