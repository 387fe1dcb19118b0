#include "net/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <future>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/metrics.h"
#include "base/thread_name.h"

namespace clew::net {
namespace {

/// How long connecting may take: a lost SYN and a TLS handshake around the world.
constexpr long kConnectMs = 5000;
/// A connection is not used again after this long: a new one sees new certificates and addresses.
constexpr long kConnectionLifeSeconds = 300;
/// An answer without an end that brings nothing for this long is over: whoever sends it is gone, or
/// something between has forgotten the connection.
constexpr long kSilenceSeconds = 60;
/// Longest sleep of the thread while nothing happens; it is woken for new calls.
constexpr int kPollMs = 60'000;
/// Header lines of one answer that are kept.
constexpr size_t kAnswerHeaders = 100;

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using EasyPtr = std::unique_ptr<CURL, Deleter<curl_easy_cleanup>>;
using MultiPtr = std::unique_ptr<CURLM, Deleter<curl_multi_cleanup>>;
using ListPtr = std::unique_ptr<curl_slist, Deleter<curl_slist_free_all>>;
using UrlPtr = std::unique_ptr<CURLU, Deleter<curl_url_cleanup>>;

void use_curl() {
  static std::once_flag once;
  std::call_once(once, [] { CLEW_CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK); });
}

/// One call on its way.
struct Transfer {
  HttpCall call;
  HttpClient::Done done;
  EasyPtr easy;
  ListPtr headers;
  ListPtr connect_to;
  HttpReply reply;
  size_t max_answer_bytes = 0;
  bool cut_off = false;  // the answer was longer than that
  std::array<char, CURL_ERROR_SIZE> error{};
};

size_t on_body(char* bytes, size_t, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (transfer.call.take_body) {
    long status = 0;
    curl_easy_getinfo(transfer.easy.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status / 100 == 2) return transfer.call.take_body({bytes, count}) ? count : 0;
  }
  size_t room = transfer.max_answer_bytes - transfer.reply.body.size();
  transfer.reply.body.append(bytes, std::min(room, count));
  if (count <= room) return count;
  transfer.cut_off = true;
  return 0;  // ends the transfer
}

size_t on_header(char* bytes, size_t, size_t count, void* user) {
  HttpFields& headers = static_cast<Transfer*>(user)->reply.headers;
  std::string_view line(bytes, count);
  if (line.starts_with("HTTP/")) headers.clear();  // those before were of a 100 Continue
  size_t colon = line.find(':');
  if (colon == line.npos || headers.size() == kAnswerHeaders) return count;
  std::string name(line.substr(0, colon));
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  std::string_view value = line.substr(colon + 1);
  size_t begin = std::min(value.find_first_not_of(" \t"), value.size());
  value = value.substr(begin, value.find_last_not_of(" \t\r\n") + 1 - begin);
  headers.emplace_back(std::move(name), value);
  return count;
}

void set_limits(CURL* easy) {
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, kConnectMs);
  curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN, kConnectionLifeSeconds);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
}

/// A part of a URL; empty if it has none.
std::string part_of(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  curl_url_get(url, which, &text, flags);
  std::string copy = text == nullptr ? "" : text;
  curl_free(text);
  return copy;
}

Error error_of(CURLcode code, const Transfer& transfer) {
  std::string_view said = transfer.error.data();
  if (said.empty()) said = curl_easy_strerror(code);
  Error error{Code::kUnavailable, fmt::format("{}: {}", transfer.call.url, said)};
  if (code == CURLE_OPERATION_TIMEDOUT) error.code = Code::kTimeout;
  if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
    error.code = Code::kInvalid;
  return error;
}

}  // namespace

std::string_view HttpReply::header(std::string_view name) const {
  auto found = std::ranges::find(headers, name, &HttpFields::value_type::first);
  return found == headers.end() ? std::string_view() : found->second;
}

struct HttpClient::Impl {
  explicit Impl(HttpClientOptions o) : options(std::move(o)), multi(curl_multi_init()) {
    CLEW_CHECK(multi != nullptr);
    long most = static_cast<long>(options.max_connections);
    curl_multi_setopt(multi.get(), CURLMOPT_MAX_TOTAL_CONNECTIONS, most);
    curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, most);
  }

  void run(const std::stop_token& stop);
  void begin_waiting();
  void begin(std::unique_ptr<Transfer> transfer);
  void set_request(Transfer& transfer) const;
  void set_tls(CURL* easy) const;
  void set_server_name(Transfer& transfer) const;
  void finish_ended();
  void finish(std::unique_ptr<Transfer> transfer, CURLcode code);
  std::unique_ptr<Transfer> take(CURL* easy);
  void end_all();

  const HttpClientOptions options;
  MultiPtr multi;
  std::map<CURL*, std::unique_ptr<Transfer>> running;  // the thread's own

  std::mutex mutex;
  std::vector<std::unique_ptr<Transfer>> waiting;  // not begun yet
  bool stopped = false;

  std::jthread thread;  // last: it uses everything above
};

void HttpClient::Impl::run(const std::stop_token& stop) {
  name_thread("clew-http-out");
  while (!stop.stop_requested()) {
    begin_waiting();
    int still_running = 0;
    curl_multi_perform(multi.get(), &still_running);
    finish_ended();
    curl_multi_poll(multi.get(), nullptr, 0, kPollMs, nullptr);
  }
  end_all();
}

void HttpClient::Impl::begin_waiting() {
  std::vector<std::unique_ptr<Transfer>> fresh;
  {
    std::lock_guard lock(mutex);
    fresh.swap(waiting);
  }
  for (auto& transfer : fresh) begin(std::move(transfer));
}

void HttpClient::Impl::begin(std::unique_ptr<Transfer> transfer) {
  transfer->easy.reset(curl_easy_init());
  CURL* easy = transfer->easy.get();
  CLEW_CHECK(easy != nullptr);
  set_request(*transfer);
  set_limits(easy);
  set_tls(easy);
  if (!options.tls.server_name.empty()) set_server_name(*transfer);
  running.emplace(easy, std::move(transfer));
  CLEW_CHECK(curl_multi_add_handle(multi.get(), easy) == CURLM_OK);
}

void HttpClient::Impl::set_request(Transfer& transfer) const {
  CURL* easy = transfer.easy.get();
  const HttpCall& call = transfer.call;
  curl_easy_setopt(easy, CURLOPT_URL, call.url.c_str());
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call.method.c_str());
  if (call.method == "POST" || !call.body.empty()) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call.body.view().data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
  }
  // curl would add an Expect: 100-continue, which costs a round trip, and a form's Content-Type.
  curl_slist* list = curl_slist_append(nullptr, "Expect:");
  for (const auto& [name, value] : call.headers)
    list = curl_slist_append(list, fmt::format("{}: {}", name, value).c_str());
  transfer.headers.reset(list);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(call.timeout.count()));
  if (call.take_body) {
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, kSilenceSeconds);
  }
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.error.data());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
}

void HttpClient::Impl::set_tls(CURL* easy) const {
  const TlsFiles& files = options.tls.files;
  std::string trusted = files.ca_file.empty() ? system_trust_file() : files.ca_file;
  if (!trusted.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, trusted.c_str());
  curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);  // the file may have changed
  if (!files.cert_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_SSLCERT, files.cert_file.c_str());
    curl_easy_setopt(easy, CURLOPT_SSLKEY, files.key_file.c_str());
  }
  if (options.tls.skip_verify) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
}

/// curl expects the name of the URL in the certificate, so the URL gets that name, and curl is told
/// to connect to the true host all the same.
void HttpClient::Impl::set_server_name(Transfer& transfer) const {
  CURL* easy = transfer.easy.get();
  UrlPtr url(curl_url());
  if (curl_url_set(url.get(), CURLUPART_URL, transfer.call.url.c_str(), 0) != CURLUE_OK) return;
  std::string host = part_of(url.get(), CURLUPART_HOST);
  std::string port = part_of(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  auto true_host = fmt::format("{}:{}", host, port);
  transfer.connect_to.reset(curl_slist_append(nullptr, ("::" + true_host).c_str()));
  curl_easy_setopt(easy, CURLOPT_CONNECT_TO, transfer.connect_to.get());
  curl_slist_append(transfer.headers.get(), ("Host: " + true_host).c_str());
  curl_url_set(url.get(), CURLUPART_HOST, options.tls.server_name.c_str(), 0);
  curl_easy_setopt(easy, CURLOPT_URL, part_of(url.get(), CURLUPART_URL).c_str());
}

void HttpClient::Impl::finish_ended() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURLcode code = message->data.result;  // the message goes with its transfer
    finish(take(message->easy_handle), code);
  }
}

std::unique_ptr<Transfer> HttpClient::Impl::take(CURL* easy) {
  curl_multi_remove_handle(multi.get(), easy);
  return std::move(running.extract(easy).mapped());
}

void HttpClient::Impl::finish(std::unique_ptr<Transfer> transfer, CURLcode code) {
  if (transfer->cut_off) metrics::count_limit_hit("peer_answer_bytes");
  if (code != CURLE_OK && !transfer->cut_off)
    return transfer->done(std::unexpected(error_of(code, *transfer)));
  CURL* easy = transfer->easy.get();
  long status = 0;
  curl_off_t retry_after = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after);
  transfer->reply.status = static_cast<int>(status);
  if (retry_after > 0) transfer->reply.retry_after = std::chrono::seconds(retry_after);
  transfer->done(std::move(transfer->reply));
}

void HttpClient::Impl::end_all() {
  std::unique_lock lock(mutex);
  stopped = true;
  auto left = std::exchange(waiting, {});
  lock.unlock();
  while (!running.empty()) left.push_back(take(running.begin()->first));
  for (auto& transfer : left) transfer->done(fail(Code::kUnavailable, "the client was stopped"));
}

Result<std::unique_ptr<HttpClient>> HttpClient::create(HttpClientOptions options) {
  use_curl();
  if (auto files = load_tls(options.tls.files); !files) return std::unexpected(files.error());
  auto impl = std::make_unique<Impl>(std::move(options));
  impl->thread = std::jthread([raw = impl.get()](const std::stop_token& stop) { raw->run(stop); });
  return std::unique_ptr<HttpClient>(new HttpClient(std::move(impl)));
}

HttpClient::HttpClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpClient::~HttpClient() {
  impl_->thread.request_stop();
  curl_multi_wakeup(impl_->multi.get());
  impl_->thread.join();
}

Result<HttpReply> HttpClient::call(HttpCall call) {
  std::promise<Result<HttpReply>> promise;
  auto answer = promise.get_future();
  send(std::move(call), [&](Result<HttpReply> reply) { promise.set_value(std::move(reply)); });
  return answer.get();
}

void HttpClient::send(HttpCall call, Done done) {
  auto transfer = std::make_unique<Transfer>();
  transfer->call = std::move(call);
  transfer->done = std::move(done);
  transfer->max_answer_bytes = impl_->options.max_answer_bytes;
  {
    std::lock_guard lock(impl_->mutex);
    if (!impl_->stopped) impl_->waiting.push_back(std::move(transfer));
  }
  if (transfer) return transfer->done(fail(Code::kUnavailable, "the client was stopped"));
  curl_multi_wakeup(impl_->multi.get());
}

Result<void> check_url(const std::string& url) {
  UrlPtr parsed(curl_url());
  CURLUcode code = curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0);
  if (code != CURLUE_OK)
    return fail(Code::kInvalid, "\"{}\" is no URL like http://host:4318/path: {}", url,
                curl_url_strerror(code));
  auto part = [&](CURLUPart which) { return part_of(parsed.get(), which); };
  std::string scheme = part(CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https")
    return fail(Code::kInvalid, "\"{}\" must begin with http:// or https://", url);
  if (!part(CURLUPART_USER).empty() || !part(CURLUPART_PASSWORD).empty())
    return fail(Code::kInvalid, "a URL must not hold a user or password; set basic_auth");
  if (!part(CURLUPART_FRAGMENT).empty())
    return fail(Code::kInvalid, "\"{}\" must not have a #fragment", url);
  return {};
}

}  // namespace clew::net
