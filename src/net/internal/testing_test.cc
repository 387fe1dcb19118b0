#include "net/internal/testing.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <spdlog/sinks/base_sink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "base/check.h"

namespace clew::net::testing {
namespace {

constexpr int kPatienceMs = 5000;

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

}  // namespace

RawClient::RawClient(uint16_t port) {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    close(fd_);
    fd_ = -1;
  }
  int on = 1;  // tests cut requests into pieces, and Nagle's algorithm would hold them back
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

RawClient::RawClient(RawClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), input_(std::move(other.input_)) {}

RawClient::~RawClient() {
  if (fd_ >= 0) close(fd_);
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

bool RawClient::read_more() {
  pollfd ready{fd_, POLLIN, 0};
  if (poll(&ready, 1, kPatienceMs) != 1) return false;
  char bytes[65536];
  ssize_t count = recv(fd_, bytes, sizeof(bytes), 0);
  if (count <= 0) return false;
  input_.append(bytes, static_cast<size_t>(count));
  return true;
}

RawResponse RawClient::read_response(bool head) {
  size_t end;
  while ((end = input_.find("\r\n\r\n")) == input_.npos) {
    if (!read_more()) return {};
  }
  RawResponse response;
  response.head = lower(input_.substr(0, end + 4));
  input_.erase(0, end + 4);
  size_t length = 0;
  if (size_t at = response.head.find("\r\ncontent-length: "); at != response.head.npos && !head) {
    length = std::stoul(response.head.substr(at + 18));
  }
  while (input_.size() < length) {
    if (!read_more()) return {};
  }
  response.body = input_.substr(0, length);
  input_.erase(0, length);
  response.status = std::stoi(response.head.substr(9, 3));
  return response;
}

std::string RawClient::read_until(std::string_view mark) {
  size_t found;
  while ((found = input_.find(mark)) == std::string::npos)
    if (!read_more()) return {};
  std::string text = input_.substr(0, found + mark.size());
  input_.erase(0, text.size());
  return text;
}

RawResponse RawClient::ask(std::string_view bytes) {
  send(bytes);
  return read_response();
}

bool RawClient::closes_within(std::chrono::milliseconds time) {
  pollfd ready{fd_, POLLIN, 0};
  if (!input_.empty() || poll(&ready, 1, static_cast<int>(time.count())) != 1) return false;
  char byte;
  return recv(fd_, &byte, 1, 0) <= 0;
}

void RawClient::reset() {
  linger now{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  close(std::exchange(fd_, -1));
}

namespace {

struct Identity {
  EVP_PKEY* key = EVP_RSA_gen(2048);
  X509* cert = X509_new();

  Identity() = default;
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;
  ~Identity() {
    EVP_PKEY_free(key);
    X509_free(cert);
  }

  void extend(int what, const char* value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, what, value);
    CLEW_CHECK(extension != nullptr && X509_add_ext(cert, extension, -1) == 1);
    X509_EXTENSION_free(extension);
  }

  void sign(const char* name, const Identity& issuer) {
    X509_set_version(cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), reinterpret_cast<intptr_t>(name) & 0xffff);
    X509_gmtime_adj(X509_getm_notBefore(cert), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(issuer.cert));
    CLEW_CHECK(X509_sign(cert, issuer.key, EVP_sha256()) > 0);
  }

  void write(const std::string& path) const {
    FILE* cert_file = std::fopen((path + ".crt").c_str(), "w");
    FILE* key_file = std::fopen((path + ".key").c_str(), "w");
    CLEW_CHECK(cert_file != nullptr && key_file != nullptr);
    CLEW_CHECK(PEM_write_X509(cert_file, cert) == 1);
    CLEW_CHECK(PEM_write_PrivateKey(key_file, key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
    std::fclose(cert_file);
    std::fclose(key_file);
  }
};

}  // namespace

/// Written under the sink's lock, so it is read under it.
struct CapturedLog::Lines : spdlog::sinks::base_sink<std::mutex> {
  void sink_it_(const spdlog::details::log_msg& line) override {
    auto level = spdlog::level::to_string_view(line.level);
    text += fmt::format("{}: {}\n", std::string_view(level.data(), level.size()),
                        std::string_view(line.payload.data(), line.payload.size()));
  }
  void flush_() override {}
  std::string copy() {
    std::lock_guard lock(mutex_);
    return text;
  }

  std::string text;
};

CapturedLog::CapturedLog() : lines_(std::make_shared<Lines>()), before_(spdlog::default_logger()) {
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("captured", lines_));
}

CapturedLog::~CapturedLog() {
  spdlog::set_default_logger(before_);
}

std::string CapturedLog::text() const {
  return lines_->copy();
}

TestCertificates::TestCertificates() {
  std::string pattern = (std::filesystem::temp_directory_path() / "clew_net_XXXXXX").string();
  CLEW_CHECK(mkdtemp(pattern.data()) != nullptr);
  folder_ = pattern + "/";
  Identity ca, server, client;
  ca.extend(NID_basic_constraints, "critical,CA:TRUE");
  ca.sign("Test CA", ca);
  ca.write(folder_ + "ca");
  server.extend(NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost");
  server.sign("server", ca);
  server.write(folder_ + "server");
  client.sign("client", ca);
  client.write(folder_ + "client");
}

TestCertificates::~TestCertificates() {
  std::filesystem::remove_all(folder_);
}

TlsFiles TestCertificates::server(bool ask_clients) const {
  return {folder_ + "server.crt", folder_ + "server.key", ask_clients ? folder_ + "ca.crt" : ""};
}

TlsFiles TestCertificates::client(bool with_certificate) const {
  if (!with_certificate) return {"", "", folder_ + "ca.crt"};
  return {folder_ + "client.crt", folder_ + "client.key", folder_ + "ca.crt"};
}

std::string TestCertificates::file(std::string_view name, std::string_view content) const {
  std::string path = folder_ + std::string(name);
  std::ofstream(path) << content;
  return path;
}

}  // namespace clew::net::testing
