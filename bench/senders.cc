#include "bench/senders.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <protozero/pbf_reader.hpp>
#include <stdexcept>

#include "bench/jaeger.h"
#include "bench/zipkin.h"
#include "net/address.h"
#include "net/grpc_client.h"
#include "otlp/fields.h"

namespace clew::bench {
namespace {

constexpr std::chrono::seconds kTimeout{60};

/// What an ExportTraceServiceResponse says was rejected of an otherwise accepted request. An answer
/// that cannot be read acknowledges nothing.
uint64_t acknowledged(std::string_view answer, uint64_t spans) {
  namespace f = otlp::fields::response;
  uint64_t rejected = 0;
  try {
    protozero::pbf_reader response(answer.data(), answer.size());
    while (response.next(f::kPartialSuccess)) {
      protozero::pbf_reader partial = response.get_message();
      while (partial.next(f::kRejectedSpans)) rejected = uint64_t(partial.get_int64());
    }
  } catch (const protozero::exception&) {
    return 0;
  }
  return spans - std::min(spans, rejected);
}

size_t append_answer(char* data, size_t size, size_t count, void* answer) {
  static_cast<std::string*>(answer)->append(data, size * count);
  return size * count;
}

class HttpSender : public Sender {
 public:
  HttpSender(const std::string& url, bool zipkin) : zipkin_(zipkin), curl_(curl_easy_init()) {
    headers_ = curl_slist_append(headers_, zipkin ? "Content-Type: application/json"
                                                  : "Content-Type: application/x-protobuf");
    headers_ = curl_slist_append(headers_, "Expect:");
    curl_easy_setopt(curl_, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl_, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl_, CURLOPT_TIMEOUT, long(kTimeout.count()));
    curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, append_answer);
    curl_easy_setopt(curl_, CURLOPT_WRITEDATA, &answer_);
  }
  ~HttpSender() override {
    curl_slist_free_all(headers_);
    curl_easy_cleanup(curl_);
  }
  HttpSender(const HttpSender&) = delete;
  HttpSender& operator=(const HttpSender&) = delete;

  uint64_t send(std::string request, uint64_t spans) override {
    if (zipkin_) request = zipkin_json(std::move(request));
    answer_.clear();
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, request.data());
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.size()));
    long status = 0;
    if (curl_easy_perform(curl_) != CURLE_OK) return 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    if (status < 200 || status > 299) return 0;
    return zipkin_ ? spans : acknowledged(answer_, spans);
  }

 private:
  bool zipkin_;
  CURL* curl_;
  curl_slist* headers_ = nullptr;
  std::string answer_;
};

class GrpcSender : public Sender {
 public:
  explicit GrpcSender(const std::string& target) {
    auto client = net::GrpcClient::create({.target = target});
    if (!client) throw std::runtime_error(client.error().message);
    client_ = std::move(*client);
  }

  uint64_t send(std::string request, uint64_t spans) override {
    std::mutex mutex;
    std::condition_variable answered;
    std::optional<uint64_t> accepted;
    client_->call("/opentelemetry.proto.collector.trace.v1.TraceService/Export",
                  SharedBytes::take(std::move(request)), kTimeout, [&](Result<std::string> answer) {
                    std::lock_guard lock(mutex);
                    accepted = answer ? acknowledged(*answer, spans) : 0;
                    answered.notify_one();
                  });
    std::unique_lock lock(mutex);
    answered.wait(lock, [&] { return accepted.has_value(); });
    return *accepted;
  }

 private:
  std::unique_ptr<net::GrpcClient> client_;
};

/// Sends spans as Jaeger's clients do to an agent, thrift's compact protocol over UDP.
class PacketSender : public Sender {
 public:
  explicit PacketSender(const std::string& target) {
    auto address = net::Address::parse(target);
    if (!address) throw std::runtime_error(address.error().message);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(address->port);
    if (inet_pton(AF_INET, address->host.c_str(), &to.sin_addr) != 1 ||
        connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof(to)) != 0)
      throw std::runtime_error("cannot send packets to " + target);
  }
  ~PacketSender() override { close(socket_); }
  PacketSender(const PacketSender&) = delete;
  PacketSender& operator=(const PacketSender&) = delete;

  uint64_t send(std::string request, uint64_t spans) override {
    bool sent = true;
    for (const std::string& packet : jaeger_messages(std::move(request), JaegerFormat::kCompact))
      sent &= ::send(socket_, packet.data(), packet.size(), 0) == ssize_t(packet.size());
    return sent ? spans : 0;
  }

 private:
  int socket_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

}  // namespace

std::unique_ptr<Sender> make_sender(Protocol protocol, const std::string& target,
                                    const std::string& path) {
  if (protocol == Protocol::kGrpc) return std::make_unique<GrpcSender>(target);
  if (protocol == Protocol::kJaegerCompact) return std::make_unique<PacketSender>(target);
  bool zipkin = protocol == Protocol::kZipkin;
  std::string usual = zipkin ? "/api/v2/spans" : "/v1/traces";
  return std::make_unique<HttpSender>("http://" + target + (path.empty() ? usual : path), zipkin);
}

}  // namespace clew::bench
