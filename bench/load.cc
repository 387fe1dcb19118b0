// clew_load: sends the workload by OTLP/gRPC or OTLP/HTTP and prints one line of JSON on what was
// accepted. The peer is any OTLP server, so others are measured with the same spans.
#include <CLI/CLI.hpp>

#include <curl/curl.h>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "bench/workload.h"
#include "net/grpc_client.h"

namespace clew::bench {
namespace {

struct Options {
  std::string target = "127.0.0.1:4318";
  bool grpc = false;
  uint64_t spans = 1'000'000;
  size_t spans_per_request = 512;
  int connections = 4;
  uint64_t seed = 1;
};

struct Totals {
  std::atomic<int64_t> left;  // spans not yet taken by a connection
  std::atomic<uint64_t> accepted = 0, refused = 0, bytes = 0;
};

/// Takes the next request's share of the spans; 0 when all are taken.
size_t take_share(Totals& totals, size_t most) {
  int64_t before = totals.left.fetch_sub(int64_t(most));
  return before <= 0 ? 0 : std::min(most, size_t(before));
}

size_t discard(char*, size_t size, size_t count, void*) {
  return size * count;
}

class HttpSender {
 public:
  explicit HttpSender(const std::string& target) : curl_(curl_easy_init()) {
    headers_ = curl_slist_append(headers_, "Content-Type: application/x-protobuf");
    headers_ = curl_slist_append(headers_, "Expect:");
    curl_easy_setopt(curl_, CURLOPT_URL, ("http://" + target + "/v1/traces").c_str());
    curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, discard);
  }
  ~HttpSender() {
    curl_slist_free_all(headers_);
    curl_easy_cleanup(curl_);
  }

  bool send(std::string request) {
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, request.data());
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.size()));
    long status = 0;
    if (curl_easy_perform(curl_) != CURLE_OK) return false;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    return status == 200;
  }

 private:
  CURL* curl_;
  curl_slist* headers_ = nullptr;
};

class GrpcSender {
 public:
  explicit GrpcSender(const std::string& target)
      : client_(*net::GrpcClient::create({.target = target})) {}

  bool send(std::string request) {
    std::mutex mutex;
    std::condition_variable answered;
    std::optional<bool> accepted;
    client_->call("/opentelemetry.proto.collector.trace.v1.TraceService/Export",
                  SharedBytes::take(std::move(request)), std::chrono::seconds(60),
                  [&](Result<std::string> answer) {
                    std::lock_guard lock(mutex);
                    accepted = answer.has_value();
                    answered.notify_one();
                  });
    std::unique_lock lock(mutex);
    answered.wait(lock, [&] { return accepted.has_value(); });
    return *accepted;
  }

 private:
  std::unique_ptr<net::GrpcClient> client_;
};

template <typename Sender>
void run_connection(const Options& options, uint64_t seed, Totals& totals) {
  Sender sender(options.target);
  Workload workload(seed);
  while (size_t spans = take_share(totals, options.spans_per_request)) {
    std::string request = workload.next_request(spans);
    totals.bytes += request.size();
    (sender.send(std::move(request)) ? totals.accepted : totals.refused) += spans;
  }
}

int run(const Options& options) {
  Totals totals;
  totals.left = int64_t(options.spans);
  auto began = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> connections;
    for (int i = 0; i < options.connections; ++i) {
      uint64_t seed = options.seed * 1000 + uint64_t(i);
      connections.emplace_back([&options, &totals, seed] {
        if (options.grpc)
          run_connection<GrpcSender>(options, seed, totals);
        else
          run_connection<HttpSender>(options, seed, totals);
      });
    }
  }
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  fmt::print(
      "{{\"accepted\": {}, \"refused\": {}, \"seconds\": {:.3f}, \"bytes_per_span\": {:.1f}}}\n",
      totals.accepted.load(), totals.refused.load(), took.count(),
      double(totals.bytes) / double(options.spans));
  return totals.refused == 0 ? 0 : 1;
}

}  // namespace
}  // namespace clew::bench

int main(int argc, char** argv) {
  clew::bench::Options options;
  CLI::App app("Sends the documented workload to an OTLP server");
  app.add_option("--target", options.target, "HOST:PORT")->capture_default_str();
  app.add_flag("--grpc", options.grpc, "OTLP/gRPC instead of OTLP/HTTP");
  app.add_option("--spans", options.spans, "How many spans")->capture_default_str();
  app.add_option("--spans-per-request", options.spans_per_request)->capture_default_str();
  app.add_option("--connections", options.connections)->capture_default_str();
  app.add_option("--seed", options.seed, "Runs with other seeds share no ID")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return clew::bench::run(options);
}
