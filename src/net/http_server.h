// The HTTP/1.1 server that every listener of Clew uses. Boost.Beast is behind it and stays there.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_budget.h"
#include "base/limits.h"
#include "base/result.h"
#include "net/address.h"
#include "net/authentication.h"
#include "net/http_message.h"
#include "net/tls.h"

namespace clew::net {

class HttpExchange;      // internal: one request that waits for its answer
struct HttpStreamState;  // internal: what a stream and its connection know of each other

/// An answer that is sent while it comes into being. Any thread, one at a time. Goes with an end
/// mark, so that the client knows that it has all. The client's end is noticed by its connection,
/// at the latest when something is written.
class HttpStream {
 public:
  HttpStream(std::shared_ptr<HttpExchange> exchange, std::shared_ptr<HttpStreamState> state);
  HttpStream(HttpStream&&) noexcept = default;
  HttpStream& operator=(HttpStream&&) noexcept;
  ~HttpStream();

  /// Queues `bytes` to be sent; they are not copied. Never waits: who writes looks at
  /// pending_bytes() first. Does nothing once the stream is closed.
  void write(SharedBytes bytes);

  /// Bytes that were written and that the system has not taken yet.
  size_t pending_bytes() const;

  /// False once the client has gone, the connection stood still for longer than the idle timeout
  /// or the server has closed it.
  bool is_open() const;

 private:
  void end();

  std::shared_ptr<HttpExchange> exchange_;
  std::shared_ptr<HttpStreamState> state_;
};

/// The right, and the duty, to answer one request: from any thread, any time later, once. Answering
/// after the client or the server has gone does nothing. Dropped without an answer it sends 500 and
/// logs.
class HttpResponder {
 public:
  explicit HttpResponder(std::shared_ptr<HttpExchange> exchange);
  HttpResponder(HttpResponder&&) noexcept = default;
  HttpResponder& operator=(HttpResponder&& other) noexcept;
  ~HttpResponder();

  /// Sends the answer; the responder is empty afterwards. The body is not copied.
  void send(HttpResponse response);

  /// Sends the head of `response` now and its body piece by piece; its own body is not looked at.
  /// The connection serves no other request meanwhile, and counts as busy when the server stops: so
  /// whoever has the stream ends it then. To a HEAD the stream is closed from the beginning. The
  /// responder is empty afterwards.
  HttpStream stream(HttpResponse response);

 private:
  std::shared_ptr<HttpExchange> exchange_;
};

/// Runs on a thread of the server's handler pool, where it may block at the price of one of few
/// threads; or on an I/O thread, where it may not: HttpRoutes::add and add_inline.
using HttpHandler = std::function<void(HttpRequest, HttpResponder)>;

/// Which handler answers what. A pattern is a path whose segments are literal or `{name}` (one
/// whole, non-empty segment); a last segment `*` matches the rest, however deep, also empty.
/// Literal segments win over {name}, which wins over `*`. A GET route also answers HEAD. No route
/// of that path: 404; of that path but not the method: 405 with Allow.
class HttpRoutes {
 public:
  HttpRoutes() = default;
  /// Routes that are all below `base`, a base path ("/clew"); those of add_open() also without it,
  /// since whoever asks for health does not know of proxies.
  explicit HttpRoutes(std::string base);

  /// What all paths begin with; empty: nothing.
  const std::string& base() const { return base_; }

  /// A route whose handler runs on the handler pool and may block.
  void add(std::string method, std::string_view pattern, HttpHandler handler);

  /// A route whose handler runs at once on an I/O thread, so that it answers while every thread of
  /// the pool is taken: health, metrics, files from memory. It MUST NOT block (no disk, no lock
  /// held over work, no waiting) nor compute for long: every connection that shares the thread
  /// stands still meanwhile, of a listener with one I/O thread all.
  void add_inline(std::string method, std::string_view pattern, HttpHandler handler);

  /// As add_inline(), for what everyone may ask also where the server authenticates: health.
  void add_open(std::string method, std::string_view pattern, HttpHandler handler);

  struct Match {
    const HttpHandler* handler = nullptr;  // null: 404 if `allow` is empty, else 405
    bool runs_inline = false;              // added with add_inline() or add_open()
    bool open = false;                     // added with add_open()
    HttpFields path_params;
    std::string allow;  // "GET, HEAD, POST"
  };
  /// Finds the route of `path`, still percent-encoded, so that an encoded slash stays in its
  /// segment.
  Match match(std::string_view method, std::string_view path) const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> segments;
    HttpHandler handler;
    bool runs_inline;
    bool open;
  };
  void add_route(std::string method, std::string_view pattern, HttpHandler handler,
                 bool runs_inline, bool open);

  std::string base_;
  std::vector<Route> routes_;
};

/// How the server words the errors it answers itself: "404 Not Found" as text,
/// HttpResponse::json_error, or HttpResponse::rpc_error in the form of the request's Content-Type.
enum class HttpErrorForm { kText, kJson, kRpcStatus };

struct HttpServerOptions {
  Address address;
  std::string name = "http";    // of the listener, in logs and metrics
  std::string flag = "--http";  // what the "address in use" error tells to change
  HttpErrorForm error_form = HttpErrorForm::kText;
  std::optional<TlsFiles> tls = {};
  std::shared_ptr<Authenticator> authenticator = nullptr;  // null: everyone is let in
  int io_threads = 0;                                      // 0: a quarter of the cores, 1 to 4
  int handler_threads = 0;                                 // 0: the cores, 4 to 16
  size_t max_body_bytes = limits::kRequestBytes;
  size_t max_decoded_bytes = limits::kDecompressedBytes;
  size_t max_header_bytes = limits::kHttpHeaderBytes;
  size_t max_connections = limits::kHttpConnections;
  /// Pays for the bodies of requests until they are answered, together with whoever else has it;
  /// null: one of limits::kInflightBytes for this listener alone.
  std::shared_ptr<ByteBudget> inflight = nullptr;
  std::chrono::milliseconds idle_timeout = limits::kHttpIdleTimeout;
  /// Takes the sockets of clients that begin with HTTP/2, as gRPC's do, with nothing read of them;
  /// over TLS of those that offer nothing else. From then on they are none of this server's.
  /// Null: there are none to be taken.
  std::function<void(int socket)> take_http2 = nullptr;
};

/// A listening server with its threads. Requests of one connection are answered one after the
/// other. Refused before a handler sees them: bad HTTP (400), headers or bodies past their limit
/// (431, 413), unknown paths and methods (404, 405), who is not let in (401), and bodies that
/// `inflight` cannot pay for, since others are being received or worked on (503 with Retry-After).
/// A header block, and each 64 KiB of a body, must arrive within idle_timeout.
class HttpServer {
 public:
  /// Binds, listens and starts. kInvalid for a bad address or certificate, kIo for what the system
  /// says, e.g. "address in use" (then it names `options.flag`).
  static Result<std::unique_ptr<HttpServer>> start(HttpServerOptions options, HttpRoutes routes);

  /// As stop() with no time left.
  ~HttpServer();

  /// Stops accepting, lets requests in flight be answered for at most `deadline`, closes every
  /// connection and ends the threads. Requests whose handler has not begun by then are dropped. A
  /// handler that has begun cannot be killed: stop() returns only when it has returned, however
  /// long past `deadline` that is, and then logs a warning that names the listener. A handler that
  /// may run for long must therefore have a deadline or a cancel flag of its own, set before
  /// stop(). Not to be called from a handler.
  void stop(std::chrono::milliseconds deadline);

  /// The port it listens on, also when the address asked for port 0.
  uint16_t port() const;

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace clew::net
