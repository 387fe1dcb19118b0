#include "net/http_server.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>

#include "base/log.h"
#include "base/thread_name.h"
#include "net/internal/http_core.h"
#include "net/internal/listen.h"

namespace clew::net {
namespace {

using boost::system::error_code;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Strand>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Strand>;

/// How long to leave the listener alone when the system refuses to accept (no file descriptors
/// left).
constexpr std::chrono::milliseconds kAcceptPause{100};

int io_thread_count(int asked) {
  if (asked > 0) return asked;
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()) / 4, 1, 4);
}

int select_http1(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                 unsigned in_size, void*) {
  static constexpr unsigned char kHttp1[] = "\x08http/1.1";
  int found = SSL_select_next_proto(const_cast<unsigned char**>(out), out_size, kHttp1,
                                    sizeof(kHttp1) - 1, in, in_size);
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

Result<std::shared_ptr<asio::ssl::context>> make_tls(const TlsFiles& files) {
  if (files.cert_file.empty()) {
    return fail(Code::kInvalid, "TLS: a server needs a certificate and a key file");
  }
  auto material = load_tls(files);
  if (!material) return std::unexpected(material.error());
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  error_code error;
  auto failed = [&](const std::string& file) {
    return fail(Code::kInvalid, "{}: {}", file, error.message());
  };
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_alpn_select_cb(context->native_handle(), select_http1, nullptr);
  // Without a name for its sessions OpenSSL refuses to resume those of clients with certificates.
  static constexpr unsigned char kSessionName[] = "clew";
  SSL_CTX_set_session_id_context(context->native_handle(), kSessionName, sizeof(kSessionName) - 1);
  if (context->use_certificate_chain(asio::buffer(material->cert), error)) {
    return failed(files.cert_file);
  }
  if (context->use_private_key(asio::buffer(material->key), asio::ssl::context::pem, error)) {
    return failed(files.key_file);
  }
  if (!material->ca.empty()) {
    if (context->add_certificate_authority(asio::buffer(material->ca), error)) {
      return failed(files.ca_file);
    }
    context->set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert,
                             error);
    if (error) return failed(files.ca_file);
  }
  return context;
}

/// The address of a name; IPv4 first, because that is what "localhost" means to most clients.
Result<asio::ip::tcp::endpoint> resolve(asio::io_context& io, const Address& address) {
  error_code error;
  asio::ip::tcp::resolver resolver(io);
  auto found = resolver.resolve(address.host, std::to_string(address.port),
                                asio::ip::resolver_base::passive, error);
  if (error || found.empty()) {
    return fail(Code::kInvalid, "cannot listen on {}: {}: {}", address.to_string(), address.host,
                error.message());
  }
  auto v4 = std::ranges::find_if(
      found, [](const auto& entry) { return entry.endpoint().address().is_v4(); });
  return (v4 != found.end() ? v4 : found.begin())->endpoint();
}

Result<void> listen(Acceptor& acceptor, const HttpCore& core, asio::ip::tcp::endpoint endpoint) {
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  // Only reuse_address (a restart must not wait for TIME_WAIT), never SO_REUSEPORT: two servers
  // sharing a port by accident would each see half of the requests.
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return std::unexpected(listen_error(core.options.address, core.options.flag, error));
  }
  return {};
}

}  // namespace

struct HttpServer::Impl {
  explicit Impl(std::shared_ptr<HttpCore> shared)
      : core(std::move(shared)), strand(core->io.get_executor()), acceptor(strand), timer(strand) {}

  void accept();
  void on_accept(error_code error, Socket socket);
  void sweep();
  void run();

  std::shared_ptr<HttpCore> core;
  Strand strand;  // of acceptor and timer
  Acceptor acceptor;
  Timer timer;
  asio::executor_work_guard<asio::io_context::executor_type> work{core->io.get_executor()};
  std::vector<std::thread> threads;
  uint16_t port = 0;
  bool stopped = false;
};

void HttpServer::Impl::accept() {
  acceptor.async_accept(asio::make_strand(core->io), [this](error_code error, Socket socket) {
    on_accept(error, std::move(socket));
  });
}

void HttpServer::Impl::on_accept(error_code error, Socket socket) {
  if (!acceptor.is_open()) return;
  if (error) {
    log::warn("{}: cannot accept a connection: {}", core->options.name, error.message());
    auto pause = std::make_shared<Timer>(strand, kAcceptPause);
    pause->async_wait([this, pause](error_code) {
      if (acceptor.is_open()) accept();
    });
    return;
  }
  socket.set_option(asio::ip::tcp::no_delay(true), error);  // only latency is at stake
  auto session = core->tls ? make_tls_session(core, std::move(socket))
                           : make_plain_session(core, std::move(socket));
  if (core->add(session)) session->start();  // else it goes out of scope and is closed
  accept();
}

/// One timer for all connections is cheaper than one each, and exact enough.
void HttpServer::Impl::sweep() {
  using std::chrono::milliseconds;
  auto pause = std::clamp(core->options.idle_timeout / 8, milliseconds(10), milliseconds(1000));
  timer.expires_after(pause);
  timer.async_wait([this](error_code error) {
    if (error || core->stopping) return;
    auto now = std::chrono::steady_clock::now();
    for (const auto& session : core->sessions()) session->check_deadline(now);
    sweep();
  });
}

void HttpServer::Impl::run() {
  for (;;) {
    try {
      core->io.run();
      return;
    } catch (const std::exception& exception) {
      // One connection's misfortune (no memory); the others go on.
      log::error("{}: a connection failed: {}", core->options.name, exception.what());
    }
  }
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(HttpServerOptions options,
                                                      HttpRoutes routes) {
  int io_threads = io_thread_count(options.io_threads);
  int handler_threads = handler_thread_count(options.handler_threads);
  auto core = std::make_shared<HttpCore>(std::move(options), std::move(routes), handler_threads);
  if (core->options.tls) {
    auto tls = make_tls(*core->options.tls);
    if (!tls) return std::unexpected(tls.error());
    core->tls = std::move(*tls);
  }
  auto endpoint = resolve(core->io, core->options.address);
  if (!endpoint) return std::unexpected(endpoint.error());
  auto impl = std::make_unique<Impl>(core);
  if (auto bound = listen(impl->acceptor, *core, *endpoint); !bound) {
    return std::unexpected(bound.error());
  }
  impl->port = impl->acceptor.local_endpoint().port();
  impl->accept();
  impl->sweep();
  for (int i = 0; i < io_threads; ++i) {
    impl->threads.emplace_back([raw = impl.get()] {
      name_thread("clew-http");
      raw->run();
    });
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  stop(std::chrono::milliseconds(0));
}

uint16_t HttpServer::port() const {
  return impl_->port;
}

void HttpServer::stop(std::chrono::milliseconds deadline) {
  if (std::exchange(impl_->stopped, true)) return;
  auto until = std::chrono::steady_clock::now() + deadline;
  HttpCore& core = *impl_->core;
  core.stopping = true;
  asio::post(impl_->strand, [impl = impl_.get()] {
    error_code ignored;  // it is going away either way
    impl->acceptor.close(ignored);
    impl->timer.cancel();
  });
  for (const auto& session : core.sessions()) session->finish();
  core.wait_until_empty(deadline);

  core.out_of_time = true;
  for (const auto& session : core.sessions()) session->abort();
  core.handlers.join(core.options.name, until);
  impl_->work.reset();
  for (auto& thread : impl_->threads) thread.join();
  core.close();
}

}  // namespace clew::net
