// What the connections of one HTTP server share, and what they look like to it. Pulls in Asio: only
// for the .cc files of net/.
#pragma once

#include <prometheus/counter.h>

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/byte_budget.h"
#include "net/http_server.h"
#include "net/internal/handler_pool.h"

namespace boost::asio::ssl {
class context;
}

namespace clew::net {

namespace asio = boost::asio;
using Strand = asio::strand<asio::io_context::executor_type>;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Strand>;
using SteadyTime = std::chrono::steady_clock::time_point;

struct HttpStreamState {
  std::atomic<size_t> pending_bytes = 0;
  std::atomic<bool> closed = false;
};

/// One connection as the server and a waiting request see it. Every member may be called from any
/// thread; the work happens on the connection's strand.
class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  virtual ~HttpSession() = default;
  virtual void start() = 0;
  /// Answers the request that is being handled.
  virtual void answer(HttpResponse response) = 0;
  /// Begins the answer as a stream; then come its pieces, and its end. What comes after the
  /// connection has ended that stream itself does nothing.
  virtual void begin_stream(HttpResponse head, std::shared_ptr<HttpStreamState> state) = 0;
  virtual void stream(std::shared_ptr<HttpStreamState> state, SharedBytes bytes) = 0;
  virtual void end_stream(std::shared_ptr<HttpStreamState> state) = 0;
  /// Closes the connection if what it waits for is overdue at `now`.
  virtual void check_deadline(SteadyTime now) = 0;
  /// Closes the connection once no request is in flight.
  virtual void finish() = 0;
  /// Closes the connection.
  virtual void abort() = 0;
};

/// The parts all connections use. Lives as long as the last connection or unanswered request.
class HttpCore {
 public:
  HttpCore(HttpServerOptions options, HttpRoutes routes, int handler_threads);
  ~HttpCore();

  /// Takes the connection into the list; false if it is full or the server stops.
  bool add(const std::shared_ptr<HttpSession>& session);
  void remove(HttpSession* session);
  std::vector<std::shared_ptr<HttpSession>> sessions();
  /// Waits until no connection is left, at most for `deadline`.
  void wait_until_empty(std::chrono::milliseconds deadline);

  /// Runs `work` on `strand`, or drops it once the I/O threads have ended: then nobody would run
  /// it, and since it keeps its connection alive, nobody would free it.
  template <typename Work>
  void post(const Strand& strand, Work work) {
    std::lock_guard lock(mutex_);
    if (!closed_) asio::post(strand, std::move(work));
  }

  /// To be called after all threads have ended: runs what is left, on closed connections, and frees
  /// the handlers. Whoever still holds a request keeps this object, and must not be the one who
  /// ends what handlers own: it may be a thread of theirs.
  void close();

  void count(int status) {
    (*responses_)[static_cast<size_t>(std::clamp(status / 100, 1, 5))]->Increment();
  }

  const HttpServerOptions options;
  HttpRoutes routes;  // none once closed
  asio::io_context io;
  HandlerPool handlers;
  std::shared_ptr<ByteBudget> inflight;
  std::shared_ptr<asio::ssl::context> tls;  // null: plaintext
  std::atomic<bool> stopping = false;
  std::atomic<bool> out_of_time =
      false;  // stopping, and requests not yet begun are not worth beginning

 private:
  std::mutex mutex_;
  std::condition_variable emptied_;
  bool closed_ = false;
  std::unordered_map<HttpSession*, std::weak_ptr<HttpSession>> sessions_;
  std::unique_ptr<std::array<prometheus::Counter*, 6>> responses_;  // by status / 100
};

/// One request on its way through a handler.
class HttpExchange {
 public:
  HttpExchange(std::shared_ptr<HttpCore> core, std::shared_ptr<HttpSession> session,
               ByteLease lease, std::string what);
  ~HttpExchange();  // answers 500 if nobody has answered

  void send(HttpResponse response);
  void begin_stream(HttpResponse head, std::shared_ptr<HttpStreamState> state);
  HttpSession& session() { return *session_; }

 private:
  std::shared_ptr<HttpCore> core_;
  std::shared_ptr<HttpSession> session_;
  ByteLease lease_;
  std::string what_;  // "POST /v1/traces", for the log
  bool answered_ = false;
};

/// The connection of an accepted socket, in http_connection_plain.cc and _tls.cc.
std::shared_ptr<HttpSession> make_plain_session(std::shared_ptr<HttpCore> core, Socket socket);
std::shared_ptr<HttpSession> make_tls_session(std::shared_ptr<HttpCore> core, Socket socket);

/// An error the server answers itself, worded as the listener's error_form says. `status` 0 means
/// that of the error's code; `content_type` is the request's.
HttpResponse server_error(HttpErrorForm form, const Error& error, int status,
                          std::string_view content_type);

/// How the end of a body is told: by its length before it, by a last chunk, or by closing.
enum class BodyEnd { kLength, kChunk, kClose };

/// The status line and header block of a response. `version` is 10 or 11.
std::string response_head(const HttpResponse& response, int version, bool keep_alive,
                          BodyEnd end = BodyEnd::kLength);

}  // namespace clew::net
