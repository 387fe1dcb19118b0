#include <curl/curl.h>

#include <memory>
#include <mutex>

#include "load/transport.h"
#include "net/encoding.h"

namespace clew::load {
namespace {

constexpr size_t kShownAnswerBytes = 200;

size_t append_answer(char* data, size_t size, size_t count, void* answer) {
  static_cast<std::string*>(answer)->append(data, size * count);
  return size * count;
}

class HttpTransport : public Transport {
 public:
  explicit HttpTransport(HttpTransportOptions options)
      : options_(std::move(options)), curl_(curl_easy_init()) {
    add_header("Content-Type: " + options_.content_type);
    if (!options_.compression.empty()) add_header("Content-Encoding: " + options_.compression);
    add_header("Expect:");  // no waiting for leave to send the body
    curl_easy_setopt(curl_, CURLOPT_URL, options_.url.c_str());
    curl_easy_setopt(curl_, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl_, CURLOPT_TIMEOUT, long{kAnswerTimeout.count()});
    curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, append_answer);
    curl_easy_setopt(curl_, CURLOPT_WRITEDATA, &answer_);
  }
  ~HttpTransport() override {
    curl_slist_free_all(headers_);
    curl_easy_cleanup(curl_);
  }
  HttpTransport(const HttpTransport&) = delete;
  HttpTransport& operator=(const HttpTransport&) = delete;

  Result<std::string> send(std::string message) override {
    auto body = net::encode_content(options_.compression, SharedBytes::take(std::move(message)));
    if (!body) return std::unexpected(std::move(body.error()));
    answer_.clear();
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, body->view().data());
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body->size()));
    CURLcode done = curl_easy_perform(curl_);
    if (done != CURLE_OK)
      return fail(Code::kUnavailable, "{}: {}", options_.url, curl_easy_strerror(done));
    long status = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    if (status < 200 || status > 299)
      return fail(Code::kRejected, "{} answered {}: {}", options_.url, status,
                  answer_.substr(0, kShownAnswerBytes));
    return answer_;
  }

 private:
  void add_header(const std::string& line) { headers_ = curl_slist_append(headers_, line.c_str()); }

  HttpTransportOptions options_;
  CURL* curl_;
  curl_slist* headers_ = nullptr;
  std::string answer_;
};

}  // namespace

Result<std::unique_ptr<Transport>> http_transport(HttpTransportOptions options) {
  static std::once_flag initialised;  // libcurl's own doing of it is not safe with threads
  std::call_once(initialised, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  if (auto known = net::encode_content(options.compression, {}); !known)
    return std::unexpected(std::move(known.error()));
  return std::make_unique<HttpTransport>(std::move(options));
}

}  // namespace clew::load
