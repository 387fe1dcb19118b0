#include "net/internal/http_core.h"

#include <algorithm>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/http/status.hpp>
#include <ctime>

#include "base/check.h"
#include "base/log.h"
#include "base/metrics.h"
#include "net/status.h"

namespace clew::net {

HttpCore::HttpCore(HttpServerOptions o, HttpRoutes r, int handler_threads)
    : options(std::move(o)),
      routes(std::move(r)),
      handlers(handler_threads),
      inflight(options.inflight ? options.inflight
                                : std::make_shared<ByteBudget>(limits::kInflightBytes)),
      responses_(std::make_unique<std::array<prometheus::Counter*, 6>>()) {
  for (int family = 1; family <= 5; ++family) {
    (*responses_)[static_cast<size_t>(family)] =
        &metrics::counter("clew_http_responses_total", "HTTP responses, by listener and status",
                          {{"listener", options.name}, {"code", fmt::format("{}xx", family)}});
  }
}

HttpCore::~HttpCore() = default;

bool HttpCore::add(const std::shared_ptr<HttpSession>& session) {
  std::lock_guard lock(mutex_);
  if (stopping) return false;
  if (sessions_.size() >= options.max_connections) {
    metrics::count_limit_hit("http_connections");
    return false;
  }
  sessions_.emplace(session.get(), session);
  return true;
}

void HttpCore::remove(HttpSession* session) {
  std::lock_guard lock(mutex_);
  sessions_.erase(session);
  if (sessions_.empty()) emptied_.notify_all();
}

std::vector<std::shared_ptr<HttpSession>> HttpCore::sessions() {
  std::vector<std::shared_ptr<HttpSession>> alive;
  std::lock_guard lock(mutex_);
  alive.reserve(sessions_.size());
  for (const auto& [key, session] : sessions_) {
    if (auto strong = session.lock()) alive.push_back(std::move(strong));
  }
  return alive;
}

void HttpCore::wait_until_empty(std::chrono::milliseconds deadline) {
  std::unique_lock lock(mutex_);
  emptied_.wait_for(lock, deadline, [&] { return sessions_.empty(); });
}

void HttpCore::close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  io.restart();
  io.poll();
  routes = HttpRoutes();
}

HttpExchange::HttpExchange(std::shared_ptr<HttpCore> core, std::shared_ptr<HttpSession> session,
                           ByteLease lease, std::string what)
    : core_(std::move(core)),
      session_(std::move(session)),
      lease_(std::move(lease)),
      what_(std::move(what)) {}

HttpExchange::~HttpExchange() {
  if (answered_) return;
  if (!core_->out_of_time)
    log::error("{}: {} was left without an answer", core_->options.name, what_);
  Error error{Code::kIo, "the server failed to answer this request"};
  send(server_error(core_->options.error_form, error, 500, {}));
}

void HttpExchange::send(HttpResponse response) {
  answered_ = true;
  session_->answer(std::move(response));
}

void HttpExchange::begin_stream(HttpResponse head, std::shared_ptr<HttpStreamState> state) {
  answered_ = true;
  lease_.shrink_to(0);  // the request is gone, and the stream may go on for ever
  session_->begin_stream(std::move(head), std::move(state));
}

HttpStream::HttpStream(std::shared_ptr<HttpExchange> exchange,
                       std::shared_ptr<HttpStreamState> state)
    : exchange_(std::move(exchange)), state_(std::move(state)) {}

HttpStream& HttpStream::operator=(HttpStream&& other) noexcept {
  if (this == &other) return *this;
  end();
  exchange_ = std::move(other.exchange_);
  state_ = std::move(other.state_);
  return *this;
}

HttpStream::~HttpStream() {
  end();
}

void HttpStream::end() {
  if (exchange_) exchange_->session().end_stream(state_);
  exchange_.reset();
}

void HttpStream::write(SharedBytes bytes) {
  if (!is_open() || bytes.size() == 0) return;
  state_->pending_bytes += bytes.size();
  exchange_->session().stream(state_, std::move(bytes));
}

size_t HttpStream::pending_bytes() const {
  return state_->pending_bytes;
}

bool HttpStream::is_open() const {
  return exchange_ && !state_->closed;
}

HttpResponder::HttpResponder(std::shared_ptr<HttpExchange> exchange)
    : exchange_(std::move(exchange)) {}

HttpResponder& HttpResponder::operator=(HttpResponder&& other) noexcept = default;

HttpResponder::~HttpResponder() = default;

void HttpResponder::send(HttpResponse response) {
  if (!exchange_) return;
  exchange_->send(std::move(response));
  exchange_.reset();
}

HttpStream HttpResponder::stream(HttpResponse response) {
  CLEW_CHECK(exchange_ != nullptr);
  auto state = std::make_shared<HttpStreamState>();
  exchange_->begin_stream(std::move(response), state);
  return {std::exchange(exchange_, nullptr), std::move(state)};
}

HttpResponse server_error(HttpErrorForm form, const Error& error, int status,
                          std::string_view content_type) {
  HttpResponse response;
  switch (form) {
    case HttpErrorForm::kText:
      response = HttpResponse::text(http_status(error.code), error.message + "\n");
      break;
    case HttpErrorForm::kJson:
      response = HttpResponse::json_error(error);
      break;
    case HttpErrorForm::kRpcStatus:
      response = HttpResponse::rpc_error(error, content_type.starts_with("application/json"));
      break;
  }
  if (status != 0) response.status = status;
  bool has_retry_after = std::ranges::any_of(
      response.headers, [](const auto& field) { return field.first == "Retry-After"; });
  if (response.status == 503 && !has_retry_after) response.headers.emplace_back("Retry-After", "1");
  return response;
}

namespace {

/// RFC 9110 §5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT", in English whatever the locale.
std::string http_date(std::time_t time) {
  static constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm utc{};
  gmtime_r(&time, &utc);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
                     kDays[static_cast<size_t>(utc.tm_wday)], utc.tm_mday,
                     kMonths[static_cast<size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour,
                     utc.tm_min, utc.tm_sec);
}

void append_field(std::string& head, std::string_view name, std::string_view value) {
  size_t start = head.size();
  head.append(name).append(": ").append(value);
  // A line break inside would let whoever chose the value write headers of their own.
  std::replace_if(
      head.begin() + static_cast<std::ptrdiff_t>(start), head.end(),
      [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
  head += "\r\n";
}

}  // namespace

std::string response_head(const HttpResponse& response, int version, bool keep_alive, BodyEnd end) {
  auto reason = boost::beast::http::obsolete_reason(
      boost::beast::http::int_to_status(static_cast<unsigned>(response.status)));
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", response.status,
                                 std::string_view(reason.data(), reason.size()));
  append_field(head, "Date", http_date(std::time(nullptr)));
  if (!response.content_type.empty()) append_field(head, "Content-Type", response.content_type);
  bool bodiless = response.status == 204 || response.status == 304;
  if (!bodiless && end == BodyEnd::kLength)
    append_field(head, "Content-Length", std::to_string(response.body.size()));
  if (end == BodyEnd::kChunk) append_field(head, "Transfer-Encoding", "chunked");
  if (!keep_alive) append_field(head, "Connection", "close");
  if (keep_alive && version < 11) append_field(head, "Connection", "keep-alive");
  for (const auto& [name, value] : response.headers) append_field(head, name, value);
  head += "\r\n";
  return head;
}

}  // namespace clew::net
