// One HTTP/1.1 connection, over TCP or TLS. Pulls in Beast: only for http_connection_plain.cc and
// _tls.cc.
//
// begin: where gRPC is served too, the first bytes say whose the connection is. Then:
//
//        +------------------------------- keep-alive --------------------------------+
//        v                                                                           |
//   read_head -> on_head -> read_sized_body | read_chunked_body -> dispatch ... answer ->
//   on_written
//                   |                  |            |                                  |
//                   +----- refuse -----+------------+--> (unread body) drain --> close <+
//
// Everything happens on the connection's strand, except answer() and its siblings, which hop onto
// it. Requests are handled one at a time, so pipelined ones wait in the buffer and keep their
// order. An answer that is sent while it comes into being: http_connection_stream.h.
#pragma once

#include <algorithm>
#include <atomic>
#include <boost/asio/async_result.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <deque>
#include <functional>
#include <optional>

#include "base/log.h"
#include "base/metrics.h"
#include "net/internal/http_core.h"
#include "net/internal/http_target.h"

namespace clew::net {

namespace beast = boost::beast;
using boost::system::error_code;

/// Room for one header block of a usual size; a longer one makes the buffer grow.
inline constexpr size_t kHeadBufferBytes = 8 << 10;
/// The first read of a body. Each later one may bring as much as all before it, up to the largest:
/// large reads save system calls, but a read is paid for out of `inflight` before it
/// begins, and a client that sends nothing must not hold more than this.
inline constexpr size_t kFirstReadBytes = 64 << 10;
inline constexpr size_t kLargestReadBytes = 1 << 20;
/// How much of an answer to hand to the system at once.
inline constexpr size_t kWriteBytes = 1 << 20;
/// Beast reads at most 64 KiB at once and only as much as the buffer has room for, so it gets room.
inline constexpr size_t kChunkedBufferBytes = 128 << 10;
/// So much of a body must move within each idle timeout; less is a client that only holds the
/// place.
inline constexpr size_t kProgressBytes = 64 << 10;
/// How long a client that was refused in the middle of its body may take to read the answer.
inline constexpr std::chrono::seconds kDrainTime{2};

inline std::string_view to_string_view(beast::string_view text) {
  return {text.data(), text.size()};
}
inline std::string to_string(beast::string_view text) {
  return {text.data(), text.size()};
}

/// Whether the bytes are to blame, not the network or a client that hung up.
inline bool is_http_error(error_code error) {
  using Http = beast::http::error;
  static const auto& category = make_error_code(Http::end_of_stream).category();
  return error.category() == category && error != Http::end_of_stream &&
         error != Http::partial_message;
}

template <typename Stream>
class HttpConnection final : public HttpSession {
 public:
  static constexpr bool kTls = !std::is_same_v<Stream, Socket>;

  template <typename... Args>
  HttpConnection(std::shared_ptr<HttpCore> core, Socket socket, Args&&... args)
      : core_(std::move(core)),
        stream_(std::move(socket), std::forward<Args>(args)...),
        buffer_(core_->options.max_header_bytes + kChunkedBufferBytes),
        lease_(std::in_place, core_->inflight) {
    error_code error;
    auto peer = tcp().remote_endpoint(error);
    if (!error) peer_ = Address{peer.address().to_string(), peer.port()}.to_string();
  }
  ~HttpConnection() override { core_->remove(this); }

  void start() override {
    core_->post(strand(), [self = self()] { self->begin(); });
  }
  void answer(HttpResponse response) override {
    core_->post(strand(), [self = self(), response = std::move(response)]() mutable {
      self->write(std::move(response), self->keep_alive_);
    });
  }
  void begin_stream(HttpResponse head, std::shared_ptr<HttpStreamState> state) override {
    core_->post(strand(),
                [self = self(), head = std::move(head), state = std::move(state)]() mutable {
                  self->start_stream(std::move(head), std::move(state));
                });
  }
  void stream(std::shared_ptr<HttpStreamState> state, SharedBytes bytes) override {
    core_->post(strand(),
                [self = self(), state = std::move(state), bytes = std::move(bytes)]() mutable {
                  if (state == self->stream_state_) self->add_piece(std::move(bytes));
                });
  }
  void end_stream(std::shared_ptr<HttpStreamState> state) override {
    core_->post(strand(), [self = self(), state = std::move(state)] {
      if (state == self->stream_state_) self->end_of_pieces();
    });
  }
  void check_deadline(SteadyTime now) override {
    if (now.time_since_epoch().count() < deadline_.load(std::memory_order_relaxed)) return;
    core_->post(strand(), [self = self(), now] {
      if (now.time_since_epoch().count() < self->deadline_.load(std::memory_order_relaxed)) return;
      // The end of a drain is no idle client: that request was answered, and refused for a reason.
      if (self->in_request_ && !self->draining_) metrics::count_limit_hit("http_idle_timeout");
      self->close();
    });
  }
  void finish() override {
    core_->post(strand(), [self = self()] {
      if (!self->in_request_) self->close();
    });
  }
  void abort() override {
    core_->post(strand(), [self = self()] { self->close(); });
  }

 private:
  using Parser = beast::http::request_parser<beast::http::string_body>;

  Socket& tcp() {
    if constexpr (kTls) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }
  Strand strand() { return tcp().get_executor(); }
  std::shared_ptr<HttpConnection> self() {
    return std::static_pointer_cast<HttpConnection>(shared_from_this());
  }

  void expect_within(std::chrono::nanoseconds time) {
    auto deadline = std::chrono::steady_clock::now() + time;
    deadline_.store(deadline.time_since_epoch().count(), std::memory_order_relaxed);
  }
  std::string_view content_type() const {
    return to_string_view(parser_->get()[beast::http::field::content_type]);
  }
  /// While a handler works the connection is not idle; handlers watch their own time.
  void expect_nothing() { deadline_.store(INT64_MAX, std::memory_order_relaxed); }

  void begin();
  void wait_for_first_bytes(size_t needed);
  void on_first_bytes(size_t needed);
  void give_away();
  void begin_http1();
  void read_head();
  void on_head(error_code error, size_t size);
  void accept_head();
  void authenticate();
  void refuse_stranger(const Error& error);
  void refuse_route(std::string allow);
  void start_body();
  void read_body();
  void read_sized_body();
  void read_chunked_body();
  size_t next_read(size_t bytes) const;
  bool moved(size_t bytes);
  void on_read_error(error_code error);
  void dispatch();
  void refuse(const Error& error, int status = 0);
  void write(HttpResponse response, bool keep_alive);
  auto progress();
  void on_written(error_code error);
  void drain();
  void close();

  void start_stream(HttpResponse head, std::shared_ptr<HttpStreamState> state);
  void write_stream_head(HttpResponse response);
  void watch_client();
  void add_piece(SharedBytes bytes);
  void end_of_pieces();
  void next_piece();
  void write_piece(std::string_view piece);
  void on_piece_written(error_code error);
  void ask_for_piece();

  std::shared_ptr<HttpCore> core_;
  Stream stream_;
  std::string peer_;
  beast::flat_buffer buffer_;
  std::atomic<int64_t> deadline_ = INT64_MAX;
  bool closed_ = false;

  // The request at hand.
  std::optional<Parser> parser_;
  std::optional<ByteLease> lease_;
  HttpRequest request_;
  const HttpHandler* handler_ = nullptr;
  bool runs_inline_ = false;      // the handler, here on the strand instead of on the pool
  std::shared_ptr<char[]> body_;  // of known length: read straight into its place
  size_t body_size_ = 0;
  size_t body_read_ = 0;
  size_t progress_mark_ = 0;  // bytes moved when the deadline was last set
  bool in_request_ = false;   // from the first byte of a request to the last of its answer
  bool is_head_ = false;
  bool body_unread_ = false;
  bool draining_ = false;  // answered; what still comes is thrown away
  bool keep_alive_ = false;

  // The answer at hand.
  std::string out_head_;
  SharedBytes out_body_;
  std::vector<char> drained_;

  // The answer at hand, if it is a stream.
  std::shared_ptr<HttpStreamState> stream_state_;  // null: it is not pushed
  std::function<std::string()> pieces_;            // not set: it is not asked for
  std::deque<SharedBytes> queue_;                  // the first is being written
  bool writing_ = false;                           // the head or a piece
  bool asking_ = false;                            // for a piece
  bool pieces_end_ = false;                        // nothing comes after the queue
};

template <typename Stream>
void HttpConnection<Stream>::begin() {
  if (!core_->options.take_http2) return begin_http1();
  expect_within(core_->options.idle_timeout);
  wait_for_first_bytes(1);
}

template <typename Stream>
void HttpConnection<Stream>::begin_http1() {
  if constexpr (kTls) {
    expect_within(core_->options.idle_timeout);
    stream_.async_handshake(asio::ssl::stream_base::server, [self = self()](error_code error) {
      if (error) {
        log::debug("{}: TLS handshake with {} failed: {}", self->core_->options.name, self->peer_,
                   error.message());
        return self->close();
      }
      self->read_head();
    });
  } else {
    read_head();
  }
}

template <typename Stream>
void HttpConnection<Stream>::read_head() {
  in_request_ = false;
  if (core_->stopping) return close();
  request_ = HttpRequest();
  handler_ = nullptr;
  body_.reset();
  body_size_ = body_read_ = progress_mark_ = 0;
  is_head_ = body_unread_ = keep_alive_ = false;
  lease_.emplace(core_->inflight);
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(core_->options.max_header_bytes));
  parser_->body_limit(core_->options.max_body_bytes);
  buffer_.reserve(kHeadBufferBytes);
  expect_within(core_->options.idle_timeout);
  beast::http::async_read_header(
      stream_, buffer_, *parser_,
      [self = self()](error_code error, size_t size) { self->on_head(error, size); });
}

template <typename Stream>
void HttpConnection<Stream>::on_head(error_code error, size_t size) {
  if (closed_) return;
  if (error && !is_http_error(error)) return close();  // the network's, or the client is done
  in_request_ = true;
  // Beast applies its limit to the request line and to the fields, each, and not to the byte.
  if (!error && size > core_->options.max_header_bytes) error = beast::http::error::header_limit;
  if (error) return on_read_error(error);
  accept_head();
}

/// From a parsed header block to the route: everything that can be refused before the body is read.
template <typename Stream>
void HttpConnection<Stream>::accept_head() {
  namespace http = beast::http;
  const auto& head = parser_->get();
  is_head_ = head.method() == http::verb::head;
  keep_alive_ = parser_->keep_alive();
  body_unread_ = !parser_->is_done();

  request_.method = to_string(head.method_string());
  request_.peer = peer_;
  request_.max_decoded_bytes = core_->options.max_decoded_bytes;
  request_.inflight = core_->inflight;
  size_t hosts = 0;
  for (const auto& field : head) {
    if (field.name() == http::field::host) ++hosts;
    request_.headers.emplace_back(to_string(field.name_string()), to_string(field.value()));
  }
  if (hosts != 1 && head.version() == 11) {
    return refuse({Code::kMalformed, "the request must have one Host header"});
  }
  if (auto coding = head.find(http::field::transfer_encoding);
      coding != head.end() && !beast::iequals(coding->value(), "chunked")) {
    return refuse({Code::kUnsupported, "the only supported Transfer-Encoding is chunked"}, 501);
  }
  auto target = split_target(to_string_view(head.target()));
  if (!target) return refuse(target.error());
  auto path = percent_decode(target->raw_path, false);
  auto query = parse_query(target->raw_query);
  if (!path) return refuse({Code::kMalformed, "bad percent-encoding in the path"});
  if (!query) return refuse(query.error());
  request_.path = std::move(*path);
  request_.query = std::move(*query);

  auto match = core_->routes.match(request_.method, target->raw_path);
  if (match.handler == nullptr) return refuse_route(std::move(match.allow));
  handler_ = match.handler;
  runs_inline_ = match.runs_inline;
  request_.path_params = std::move(match.path_params);
  if (core_->options.authenticator && !match.open) return authenticate();
  start_body();
}

/// Before the body is read: what strangers send is none of our business.
template <typename Stream>
void HttpConnection<Stream>::authenticate() {
  Authenticator& authenticator = *core_->options.authenticator;
  std::string header(request_.header("authorization"));
  auto verdict = authenticator.quick(header);
  if (verdict == Authenticator::Verdict::kAdmitted) return start_body();
  if (verdict == Authenticator::Verdict::kRefused)
    return refuse_stranger({Code::kUnauthenticated, "say who you are: see WWW-Authenticate"});
  expect_nothing();
  core_->handlers.post([self = self(), header = std::move(header)] {
    auto admitted = self->core_->options.authenticator->verify(header);
    self->core_->post(self->strand(), [self, admitted = std::move(admitted)] {
      if (self->closed_) return;
      if (!admitted) return self->refuse_stranger(admitted.error());
      self->start_body();
    });
  });
}

template <typename Stream>
void HttpConnection<Stream>::refuse_stranger(const Error& error) {
  auto response = server_error(core_->options.error_form, error, 0, content_type());
  response.headers.emplace_back("WWW-Authenticate", core_->options.authenticator->challenge());
  write(std::move(response), keep_alive_ && !body_unread_);
}

template <typename Stream>
void HttpConnection<Stream>::refuse_route(std::string allow) {
  if (allow.empty()) return refuse({Code::kNotFound, "there is nothing at " + request_.path});
  Error error{Code::kUnsupported, fmt::format("{} takes {}", request_.path, allow)};
  auto response = server_error(core_->options.error_form, error, 405, content_type());
  response.headers.emplace_back("Allow", std::move(allow));
  write(std::move(response), keep_alive_ && !body_unread_);
}

template <typename Stream>
void HttpConnection<Stream>::start_body() {
  if (!body_unread_) return dispatch();
  auto expect = parser_->get().find(beast::http::field::expect);
  if (expect == parser_->get().end() || buffer_.size() > 0) return read_body();
  if (!beast::iequals(expect->value(), "100-continue")) {
    return refuse({Code::kUnsupported, "the only supported Expect is 100-continue"}, 417);
  }
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(stream_, asio::buffer(kContinue), [self = self()](error_code error, size_t) {
    if (error || self->closed_) return self->close();
    self->read_body();
  });
}

template <typename Stream>
void HttpConnection<Stream>::read_body() {
  progress_mark_ = 0;
  expect_within(core_->options.idle_timeout);
  if (parser_->chunked()) {
    buffer_.reserve(kChunkedBufferBytes);
    parser_->eager(true);  // all the chunks that one read brought, not one at a time
    return read_chunked_body();
  }
  // The parser knows no way to read without copying, so a body of known length goes around it.
  body_size_ = static_cast<size_t>(*parser_->content_length());
  // All of it at once: untouched memory costs nothing, and nothing is moved as the body grows.
  body_ = std::make_shared_for_overwrite<char[]>(body_size_);
  body_read_ = std::min(buffer_.size(), body_size_);
  std::memcpy(body_.get(), buffer_.data().data(), body_read_);
  buffer_.consume(body_read_);
  read_sized_body();
}

template <typename Stream>
void HttpConnection<Stream>::read_sized_body() {
  if (!moved(body_read_)) return;
  if (body_read_ == body_size_) {
    request_.body = SharedBytes::wrap(body_, {body_.get(), body_size_});
    return dispatch();
  }
  stream_.async_read_some(asio::buffer(body_.get() + body_read_, next_read(body_read_)),
                          [self = self()](error_code error, size_t count) {
                            if (error || self->closed_) return self->close();
                            self->body_read_ += count;
                            self->read_sized_body();
                          });
}

template <typename Stream>
void HttpConnection<Stream>::read_chunked_body() {
  if (!moved(parser_->get().body().size())) return;
  if (parser_->is_done()) {
    request_.body = SharedBytes::take(std::move(parser_->get().body()));
    return dispatch();
  }
  beast::http::async_read_some(stream_, buffer_, *parser_,
                               [self = self()](error_code error, size_t) {
                                 if (self->closed_) return;
                                 if (error) return self->on_read_error(error);
                                 self->read_chunked_body();
                               });
}

/// How much the next read may bring after `bytes` of body. Beast decides itself for chunked ones.
template <typename Stream>
size_t HttpConnection<Stream>::next_read(size_t bytes) const {
  if (parser_->chunked()) return kFirstReadBytes;
  return std::min(body_size_ - bytes, std::clamp(bytes, kFirstReadBytes, kLargestReadBytes));
}

/// Accounts for `bytes` of body read so far and the next read; false if the request was refused.
template <typename Stream>
bool HttpConnection<Stream>::moved(size_t bytes) {
  if (bytes >= progress_mark_ + kProgressBytes) {
    progress_mark_ = bytes;
    expect_within(core_->options.idle_timeout);
  }
  if (lease_->grow_to(bytes + next_read(bytes))) return true;
  metrics::count_limit_hit("inflight_bytes");
  refuse({Code::kUnavailable, "too many requests are being worked on; try again"});
  return false;
}

/// The parser or the network gave up on the request being read.
template <typename Stream>
void HttpConnection<Stream>::on_read_error(error_code error) {
  namespace http = beast::http;
  if (!is_http_error(error)) return close();
  body_unread_ = true;
  if (error == http::error::body_limit) {
    metrics::count_limit_hit("request_bytes");
    return refuse({Code::kTooLarge,
                   fmt::format("the body is larger than {} bytes", core_->options.max_body_bytes)});
  }
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    metrics::count_limit_hit("http_header_bytes");
    return refuse({Code::kTooLarge, fmt::format("the header is larger than {} bytes",
                                                core_->options.max_header_bytes)},
                  431);
  }
  refuse({Code::kMalformed, "bad HTTP: " + error.message()});
}

template <typename Stream>
void HttpConnection<Stream>::dispatch() {
  body_unread_ = false;
  expect_nothing();
  auto what = request_.method + " " + request_.path;
  auto exchange = std::make_shared<HttpExchange>(core_, shared_from_this(), std::move(*lease_),
                                                 std::move(what));
  lease_.reset();
  body_.reset();
  auto handle = [handler = handler_, request = std::move(request_),
                 responder = HttpResponder(std::move(exchange)), core = core_]() mutable {
    if (core->out_of_time) return;
    try {
      (*handler)(std::move(request), std::move(responder));
    } catch (const std::exception& exception) {
      // The responder went down with the handler's frame and has answered 500.
      log::error("{}: a handler threw: {}", core->options.name, exception.what());
    }
  };
  if (runs_inline_) return handle();  // the answer is posted, so pipelined requests nest no frames
  core_->handlers.post(std::move(handle));
}

/// Answers with an error; the rest of a body that was not read cannot be told from a next request,
/// so then the connection ends.
template <typename Stream>
void HttpConnection<Stream>::refuse(const Error& error, int status) {
  lease_.reset();
  body_.reset();
  auto response = server_error(core_->options.error_form, error, status, content_type());
  write(std::move(response), keep_alive_ && !body_unread_);
}

template <typename Stream>
void HttpConnection<Stream>::write(HttpResponse response, bool keep_alive) {
  if (closed_) return;
  keep_alive_ = keep_alive && !core_->stopping;
  if (response.pieces) {
    pieces_ = std::move(response.pieces);
    return write_stream_head(std::move(response));
  }
  core_->count(response.status);
  out_head_ = response_head(response, static_cast<int>(parser_->get().version()), keep_alive_);
  bool bodiless = is_head_ || response.status == 204 || response.status == 304;
  out_body_ = bodiless ? SharedBytes() : std::move(response.body);
  std::array<asio::const_buffer, 2> buffers = {
      asio::buffer(out_head_), asio::const_buffer(out_body_.view().data(), out_body_.size())};
  asio::async_write(stream_, buffers, progress(),
                    [self = self()](error_code error, size_t) { self->on_written(error); });
}

/// What decides after each partial write how much goes next: a slow reader is fine, one that stands
/// still is not.
template <typename Stream>
auto HttpConnection<Stream>::progress() {
  progress_mark_ = 0;
  expect_within(core_->options.idle_timeout);
  return [this](error_code error, size_t bytes) -> size_t {
    if (bytes >= progress_mark_ + kProgressBytes) {
      progress_mark_ = bytes;
      expect_within(core_->options.idle_timeout);
    }
    return error ? 0 : kWriteBytes;
  };
}

template <typename Stream>
void HttpConnection<Stream>::on_written(error_code error) {
  out_body_ = SharedBytes();
  if (error || closed_) return close();
  if (keep_alive_) return read_head();
  if (!body_unread_) return close();
  // Closing with unread input would reset the connection, and the client could lose the answer.
  tcp().shutdown(Socket::shutdown_send, error);
  draining_ = true;
  expect_within(kDrainTime);
  drained_.resize(kProgressBytes);
  drain();
}

template <typename Stream>
void HttpConnection<Stream>::drain() {
  tcp().async_read_some(asio::buffer(drained_), [self = self()](error_code error, size_t) {
    if (error || self->closed_) return self->close();
    self->drain();
  });
}

template <typename Stream>
void HttpConnection<Stream>::close() {
  closed_ = true;
  if (stream_state_) stream_state_->closed = true;
  pieces_ = nullptr;
  if (!writing_) queue_.clear();
  expect_nothing();
  error_code ignored;  // there is nothing to do about a socket that does not close well
  tcp().close(ignored);
}

}  // namespace clew::net

#include "net/internal/http_connection_sniff.h"
#include "net/internal/http_connection_stream.h"
