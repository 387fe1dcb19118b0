#include "net/grpc_server.h"

#include <fcntl.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <protozero/pbf_reader.hpp>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "base/metrics.h"
#include "net/internal/grpc_library.h"
#include "net/internal/grpc_shared.h"
#include "net/internal/listen.h"
#include "net/status.h"

namespace clew::net {
namespace {

/// Calls one connection may have open; more wait at the client. Bounds what it can make us buffer.
constexpr int kStreamsPerConnection = 1024;
/// Clients may ask whether we are alive this often, also without a call (our own do every minute).
constexpr int kMinPingIntervalMs = 10'000;
constexpr int kKeepaliveMs = 60'000;
/// Messages that gRPC still receives count towards no ByteBudget yet, so it gets a bound of its
/// own.
constexpr size_t kQuotaPerInflight = 2;

constexpr const char* kHealthCheck = "/grpc.health.v1.Health/Check";

}  // namespace

/// One call. gRPC calls the On… members, each at most once; the call lives until OnDone and until
/// its responder is gone, whichever is later.
class GrpcCall final : public grpc::ServerGenericBidiReactor,
                       public std::enable_shared_from_this<GrpcCall> {
 public:
  GrpcCall(std::shared_ptr<GrpcShared> shared, grpc::GenericCallbackServerContext* context)
      : shared_(std::move(shared)), context_(context), lease_(shared_->inflight) {}

  void start() {
    self_ = shared_from_this();
    request_.method = context_->method();
    handler_ = shared_->methods.find(request_.method);
    if (handler_ == nullptr) {
      return finish(Error{Code::kUnsupported, "unknown method " + request_.method});
    }
    if (!shared_->options.authenticator || request_.method == kHealthCheck)
      return StartRead(&message_);
    authenticate();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return finish(Error{Code::kMalformed, "the call came without a message"});
    if (!lease_.grow_to(message_.Length())) {
      metrics::count_limit_hit("inflight_bytes");
      return finish(Error{Code::kUnavailable, "too many requests are being worked on; try again",
                          kRetryWhenFull});
    }
    request_.body = bytes_of(message_);
    message_.Clear();
    request_.peer = context_->peer();
    request_.metadata = metadata_of(*context_);
    // The job holds the call as well: a responder gone with a handler that threw no longer does.
    shared_->handlers.post([call = shared_from_this()] { call->handle(GrpcResponder(call)); });
  }

  /// The client, or the server's deadline, gave up: gRPC waits for our Finish, so it must not
  /// depend on a handler.
  void OnCancel() override {
    {
      std::lock_guard lock(verifying_mutex_);
      if (std::exchange(cancelled_, true) || verifying_) return;
    }
    if (!finished_.exchange(true)) Finish(grpc::Status::CANCELLED);
  }

  void OnDone() override { self_.reset(); }

  void answer(Result<std::string> answer) {
    if (!answer) return finish(answer.error());
    if (finished_.exchange(true)) return;
    shared_->count(GrpcCode::kOk);
    message_ = buffer_of(SharedBytes::take(std::move(*answer)));
    StartWriteAndFinish(&message_, grpc::WriteOptions(), grpc::Status::OK);
  }

  bool cancelled() const { return finished_; }
  const std::string& name() const { return shared_->options.name; }
  const std::string& method() const { return method_; }

  /// Gives the bytes of the request back to the budget, however long the call itself still lives.
  void release() { [[maybe_unused]] ByteLease done = std::move(lease_); }

 private:
  /// Before the message is read: what strangers send is none of our business.
  void authenticate() {
    const auto& metadata = context_->client_metadata();
    auto found = metadata.find("authorization");
    std::string header;
    if (found != metadata.end()) header.assign(found->second.data(), found->second.size());
    auto verdict = shared_->options.authenticator->quick(header);
    if (verdict == Authenticator::Verdict::kAdmitted) return StartRead(&message_);
    if (verdict == Authenticator::Verdict::kRefused)
      return finish(Error{Code::kUnauthenticated, "this listener demands authentication"});
    verifying_ = true;
    shared_->handlers.post([call = shared_from_this(), header = std::move(header)] {
      call->on_verified(call->shared_->options.authenticator->verify(header));
    });
  }

  void on_verified(const Result<void>& admitted) {
    {
      // A read must not begin once OnCancel has finished the call: gRPC frees it then. So both
      // happen under the lock.
      std::lock_guard lock(verifying_mutex_);
      verifying_ = false;
      if (admitted && !cancelled_) return StartRead(&message_);
    }
    finish(admitted ? Error{Code::kUnavailable, "cancelled"} : admitted.error());
  }

  void handle(GrpcResponder responder) {
    if (finished_) return;  // nobody waits for it any more
    method_ = request_.method;
    auto body = shared_->decompress(std::move(request_.body));
    if (!body) return finish(body.error());
    request_.body = *std::move(body);
    try {
      (*handler_)(std::move(request_), std::move(responder));
    } catch (const std::exception& exception) {
      // The responder went down with the handler's frame and has answered INTERNAL.
      log::error("{}: a handler threw: {}", name(), exception.what());
    }
  }

  void finish(const Error& error) {
    if (finished_.exchange(true)) return;
    shared_->count(grpc_code(error.code));
    Finish(status_of(error));
  }

  std::shared_ptr<GrpcShared> shared_;
  grpc::GenericCallbackServerContext* context_;  // gRPC's, until OnDone
  std::shared_ptr<GrpcCall> self_;
  const GrpcHandler* handler_ = nullptr;
  GrpcRequest request_;
  std::string method_;  // for the log, when the handler has the request
  grpc::ByteBuffer message_;
  ByteLease lease_;
  std::atomic<bool> finished_ = false;
  std::mutex verifying_mutex_;
  bool verifying_ = false;  // a password; nothing has been asked of gRPC yet
  bool cancelled_ = false;
};

GrpcResponder::GrpcResponder(std::shared_ptr<GrpcCall> call) : call_(std::move(call)) {}

GrpcResponder& GrpcResponder::operator=(GrpcResponder&& other) noexcept {
  GrpcResponder old(std::move(*this));
  call_ = std::move(other.call_);
  return *this;
}

GrpcResponder::~GrpcResponder() {
  if (!call_) return;
  if (!call_->cancelled()) {
    log::error("{}: {} was left without an answer", call_->name(), call_->method());
  }
  send(fail(Code::kIo, "the server failed to answer this call"));
}

void GrpcResponder::send(Result<std::string> answer) {
  if (!call_) return;
  call_->answer(std::move(answer));
  call_->release();
  call_.reset();
}

namespace {

class Service final : public grpc::CallbackGenericService {
 public:
  explicit Service(std::shared_ptr<GrpcShared> shared) : shared_(std::move(shared)) {}

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    if (const auto* factory = shared_->methods.find_stream(context->method()))
      return open_stream(shared_, context, *factory);
    auto call = std::make_shared<GrpcCall>(shared_, context);
    call->start();
    return call.get();  // owns itself until OnDone
  }

 private:
  std::shared_ptr<GrpcShared> shared_;
};

Result<std::shared_ptr<grpc::ServerCredentials>> credentials(const std::optional<TlsFiles>& files) {
  if (!files) return grpc::InsecureServerCredentials();
  if (files->cert_file.empty()) {
    return fail(Code::kInvalid, "TLS: a server needs a certificate and a key file");
  }
  auto material = load_tls(*files);
  if (!material) return std::unexpected(material.error());
  grpc::SslServerCredentialsOptions tls(
      material->ca.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                           : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.pem_root_certs = std::move(material->ca);
  tls.pem_key_cert_pairs.push_back({std::move(material->key), std::move(material->cert)});
  return grpc::SslServerCredentials(tls);
}

void set_limits(grpc::ServerBuilder& builder, const GrpcServerOptions& options,
                size_t inflight_bytes) {
  builder.SetMaxReceiveMessageSize(static_cast<int>(options.max_message_bytes));
  // gRPC shares ports by default: two servers on one would each see half of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION,
                             0);  // see GrpcShared::decompress()
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kStreamsPerConnection);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE,
                             static_cast<int>(limits::kHttpHeaderBytes));
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kMinPingIntervalMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  grpc::ResourceQuota quota(options.name);
  quota.Resize(inflight_bytes * kQuotaPerInflight);
  builder.SetResourceQuota(quota);
}

/// grpc.health.v1: HealthCheckRequest { string service = 1; }, HealthCheckResponse { status = 1 }.
Result<std::string> check_health(const GrpcMethods& methods, std::string_view request) {
  static const std::string kServing("\x08\x01", 2);
  std::string_view service;
  try {
    protozero::pbf_reader message(request.data(), request.size());
    while (message.next(1, protozero::pbf_wire_type::length_delimited)) {
      auto view = message.get_view();
      service = {view.data(), view.size()};
    }
  } catch (const protozero::exception&) {
    return fail(Code::kMalformed, "the request is not a HealthCheckRequest");
  }
  if (service.empty() || methods.has_service(service)) return kServing;
  return fail(Code::kNotFound, "there is no service {}", service);
}

}  // namespace

struct GrpcServer::Impl {
  explicit Impl(std::shared_ptr<GrpcShared> s) : shared(std::move(s)), service(shared) {}

  std::shared_ptr<GrpcShared> shared;
  Service service;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> adopter;  // if it does not listen
  std::mutex adopting;
  bool stopped = false;  // then gRPC would leave what it is given open, and alone
  std::unique_ptr<grpc::Server> server;
  int port = 0;
};

Result<std::unique_ptr<GrpcServer>> GrpcServer::start(GrpcServerOptions options,
                                                      GrpcMethods methods) {
  use_our_log();
  auto creds = credentials(options.tls);
  if (!creds) return std::unexpected(creds.error());
  // gRPC logs why it cannot listen but does not tell its caller, so we ask the system first.
  if (options.listens) {
    if (auto free = can_listen(options.address, options.flag); !free)
      return std::unexpected(free.error());
  }
  GrpcMethods checked = methods;
  methods.unary(kHealthCheck, [checked](GrpcRequest request, GrpcResponder responder) {
    responder.send(check_health(checked, request.body.view()));
  });
  int threads = handler_thread_count(options.handler_threads);
  auto impl = std::make_unique<Impl>(
      std::make_shared<GrpcShared>(std::move(options), std::move(methods), threads));
  const GrpcServerOptions& kept = impl->shared->options;
  grpc::ServerBuilder builder;
  set_limits(builder, kept, impl->shared->inflight->limit());
  builder.RegisterCallbackGenericService(&impl->service);
  using Connections = grpc::ServerBuilder::experimental_type::ExternalConnectionType;
  if (kept.listens)
    builder.AddListeningPort(kept.address.to_string(), *creds, &impl->port);
  else
    impl->adopter =
        builder.experimental().AddExternalConnectionAcceptor(Connections::FROM_FD, *creds);
  impl->server = builder.BuildAndStart();
  if (!impl->server || (kept.listens && impl->port == 0)) {
    return fail(Code::kIo, "cannot listen on {}: gRPC could not start (see the log)",
                kept.address.to_string());
  }
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(impl)));
}

GrpcServer::GrpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

GrpcServer::~GrpcServer() {
  stop(std::chrono::milliseconds(0));
}

uint16_t GrpcServer::port() const {
  return static_cast<uint16_t>(impl_->port);
}

void GrpcServer::adopt(int socket) {
  CLEW_CHECK(impl_->adopter != nullptr);
  std::lock_guard lock(impl_->adopting);
  if (impl_->stopped) {
    ::close(socket);
    return;
  }
  ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK);  // as gRPC's own are
  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
  connection.fd = socket;
  impl_->adopter->HandleNewConnection(&connection);
}

void GrpcServer::stop(std::chrono::milliseconds deadline) {
  if (!impl_->server) return;
  auto until = std::chrono::steady_clock::now() + deadline;
  {
    std::lock_guard lock(impl_->adopting);
    impl_->stopped = true;
  }
  end_streams(*impl_->shared);
  impl_->server->Shutdown(std::chrono::system_clock::now() + deadline);
  impl_->server.reset();
  impl_->shared->handlers.join(impl_->shared->options.name, until);
}

}  // namespace clew::net
