#include "net/grpc_client.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "net/address.h"
#include "net/internal/grpc_client_stream.h"
#include "net/internal/grpc_library.h"
#include "net/status.h"

namespace clew::net {
namespace {

constexpr int kFirstReconnectMs = 100;
constexpr int kLastReconnectMs = 5000;
/// How long one attempt to connect may take: a lost SYN and a TLS handshake around the world.
constexpr int kConnectMs = 5000;
/// With calls open, a peer that vanished without a word is noticed within 80 s, not after the
/// kernel's quarter of an hour.
constexpr int kKeepaliveMs = 60'000;
constexpr int kKeepaliveTimeoutMs = 20'000;
/// How often gRPC looks whether certificates have changed.
constexpr unsigned kTlsFilesSeconds = 1;

/// gRPC ends the process for metadata it does not like, so we look first. Source: gRPC's
/// PROTOCOL-HTTP2.
Result<void> check_header(std::string_view name, std::string_view value) {
  bool name_ok =
      !name.empty() && !name.starts_with("grpc-") && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
      });
  if (!name_ok) return fail(Code::kInvalid, "'{}' is not a valid gRPC header name", name);
  bool value_ok = name.ends_with("-bin") ||
                  std::ranges::all_of(value, [](char c) { return c >= 0x20 && c <= 0x7e; });
  // The value may be a secret, so it is not shown.
  if (!value_ok) return fail(Code::kInvalid, "header {}: the value must be printable ASCII", name);
  return {};
}

/// Credentials whose files gRPC reads again when they change; connections that stand keep what they
/// began with.
Result<std::shared_ptr<grpc::ChannelCredentials>> credentials(const std::optional<ClientTls>& tls) {
  if (!tls) return grpc::InsecureChannelCredentials();
  // gRPC would only log that a file is wrong, so we look first.
  if (auto loaded = load_tls(tls->files); !loaded) return std::unexpected(loaded.error());
  const TlsFiles& files = tls->files;
  // gRPC's own list of authorities is often not installed.
  std::string trusted = files.ca_file.empty() ? system_trust_file() : files.ca_file;
  grpc::experimental::TlsChannelCredentialsOptions options;
  if (!trusted.empty() || !files.cert_file.empty())
    options.set_certificate_provider(
        std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
            files.key_file, files.cert_file, trusted, kTlsFilesSeconds));
  if (!trusted.empty()) options.watch_root_certs();
  if (!files.cert_file.empty()) options.watch_identity_key_cert_pairs();
  if (tls->skip_verify) {
    options.set_verify_server_certs(false);
    options.set_check_call_host(false);
    options.set_certificate_verifier(
        std::make_shared<grpc::experimental::NoOpCertificateVerifier>());
  }
  return grpc::experimental::TlsCredentials(options);
}

grpc::ChannelArguments channel_arguments() {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstReconnectMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kLastReconnectMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  // Retrying is the caller's business; gRPC would keep a copy of each message for it.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  // A channel's backoff and connection are its own, not those of whoever else talks to the peer.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // The peer is named in the configuration; an environment variable must not send spans elsewhere.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return arguments;
}

using SteadyClock = std::chrono::steady_clock;

/// Whether anybody is there at the other end of a channel.
class Liveness {
 public:
  /// A call that began then has ended, and waited in vain for all of its time or not.
  void ended(SteadyClock::time_point began, bool in_vain) {
    if (!in_vain)
      heard_at_ = SteadyClock::now();
    else if (heard_at_.load() < began)
      silent_ = true;
  }
  bool silent() const { return silent_; }

 private:
  std::atomic<SteadyClock::time_point> heard_at_ = SteadyClock::time_point::min();
  std::atomic<bool> silent_ = false;
};

/// A channel, whose connections are its own.
struct Connection {
  explicit Connection(std::shared_ptr<grpc::Channel> channel) : stub(std::move(channel)) {}

  grpc::GenericStub stub;
  std::shared_ptr<Liveness> liveness = std::make_shared<Liveness>();
};

struct Call {
  grpc::ClientContext context;
  grpc::ByteBuffer request;
  grpc::ByteBuffer response;
  GrpcClient::Done done;
  SteadyClock::time_point began = SteadyClock::now();
  std::chrono::milliseconds deadline{};
  std::shared_ptr<Liveness> liveness;  // of its connection
};

}  // namespace

namespace {

/// The calls in flight. Shared with gRPC's callbacks, so it must not hold the channel: gRPC 1.51
/// waits for its callback threads when the last channel goes, and would wait for itself on one of
/// them.
class Calls {
 public:
  Call* add(std::shared_ptr<Call> call) {
    std::lock_guard lock(mutex_);
    ++running_;
    Call* key = call.get();
    all_.emplace(key, std::move(call));
    return key;
  }

  void finished(Call* call, const grpc::Status& status) {
    // A peer may answer DEADLINE_EXCEEDED itself, but then it does so earlier.
    bool in_vain = status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED &&
                   SteadyClock::now() - call->began >= call->deadline;
    call->liveness->ended(call->began, in_vain);
    if (status.ok()) {
      call->done(std::string(bytes_of(call->response).view()));
    } else {
      call->done(std::unexpected(error_of_grpc(static_cast<GrpcCode>(status.error_code()),
                                               status.error_message(), status.error_details())));
    }
    take(call).reset();  // its context holds the channel, so it goes before anyone stops waiting
    std::lock_guard lock(mutex_);
    if (--running_ == 0) ended_.notify_all();
  }

  void cancel_and_wait() {
    std::unique_lock lock(mutex_);
    auto calls = all_;
    lock.unlock();  // gRPC may run callbacks on the thread that cancels
    for (const auto& [key, call] : calls) call->context.TryCancel();
    lock.lock();
    ended_.wait(lock, [&] { return running_ == 0; });
  }

 private:
  std::shared_ptr<Call> take(Call* call) {
    std::lock_guard lock(mutex_);
    auto node = all_.extract(call);
    return std::move(node.mapped());
  }

  std::mutex mutex_;
  std::condition_variable ended_;
  std::unordered_map<Call*, std::shared_ptr<Call>> all_;
  size_t running_ = 0;  // also those that are out of `all_` but not quite done
};

}  // namespace

struct GrpcClient::Impl {
  std::shared_ptr<Connection> connect() const {
    return std::make_shared<Connection>(grpc::CreateCustomChannel(target, credentials, arguments));
  }

  /// The connection to use now, and the one it takes the place of, if it does.
  std::pair<std::shared_ptr<Connection>, std::shared_ptr<Connection>> current() {
    std::lock_guard lock(mutex);
    std::shared_ptr<Connection> replaced;
    if (connection->liveness->silent()) replaced = std::exchange(connection, connect());
    return {connection, std::move(replaced)};
  }

  const std::string target;
  const std::shared_ptr<grpc::ChannelCredentials> credentials;
  const grpc::ChannelArguments arguments;
  const HttpFields headers;
  const GrpcCompression compression;
  std::shared_ptr<Calls> calls = std::make_shared<Calls>();
  std::shared_ptr<ClientStreams> streams = std::make_shared<ClientStreams>();
  std::mutex mutex = {};
  std::shared_ptr<Connection> connection = connect();
};

Result<std::unique_ptr<GrpcClient>> GrpcClient::create(GrpcClientOptions options) {
  use_our_log();
  auto target = Address::parse(options.target);
  if (!target) return std::unexpected(target.error());
  if (target->port == 0) return fail(Code::kInvalid, "'{}': the port is missing", options.target);
  for (auto& [name, value] : options.headers) {
    std::ranges::transform(name, name.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    });
    if (auto checked = check_header(name, value); !checked) {
      return std::unexpected(checked.error());
    }
  }
  auto creds = credentials(options.tls);
  if (!creds) return std::unexpected(creds.error());
  grpc::ChannelArguments arguments = channel_arguments();
  if (options.tls && !options.tls->server_name.empty())
    arguments.SetSslTargetNameOverride(options.tls->server_name);
  arguments.SetMaxReceiveMessageSize(static_cast<int>(options.max_message_bytes));
  auto* impl = new Impl{.target = target->to_string(),
                        .credentials = *std::move(creds),
                        .arguments = arguments,
                        .headers = std::move(options.headers),
                        .compression = options.compression};
  return std::unique_ptr<GrpcClient>(new GrpcClient(std::unique_ptr<Impl>(impl)));
}

GrpcClient::GrpcClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

GrpcClient::~GrpcClient() {
  impl_->streams->cancel_and_wait();
  impl_->calls->cancel_and_wait();
}

GrpcStream GrpcClient::open(const std::string& method, GrpcClientStreamHandler handler,
                            const HttpFields& headers) {
  HttpFields all = impl_->headers;
  for (const auto& header : headers) {
    auto checked = check_header(header.first, header.second);
    if (!checked) {
      handler.on_close(std::move(checked));
      return {};
    }
    all.push_back(header);
  }
  auto [connection, replaced] = impl_->current();
  return impl_->streams->open(connection->stub, method, all, impl_->target, std::move(handler));
}

void GrpcClient::call(const std::string& method, SharedBytes request,
                      std::chrono::milliseconds deadline, Done done, const HttpFields& headers) {
  for (const auto& [name, value] : headers) {
    auto checked = check_header(name, value);
    if (!checked) return done(std::unexpected(checked.error()));
  }
  auto owner = std::make_shared<Call>();
  owner->done = std::move(done);
  owner->request = buffer_of(std::move(request));
  owner->deadline = deadline;
  owner->context.set_deadline(std::chrono::system_clock::now() + deadline);
  for (const auto& [name, value] : impl_->headers) owner->context.AddMetadata(name, value);
  for (const auto& [name, value] : headers) owner->context.AddMetadata(name, value);
  if (impl_->compression == GrpcCompression::kGzip)
    owner->context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  if (impl_->compression == GrpcCompression::kDeflate)
    owner->context.set_compression_algorithm(GRPC_COMPRESS_DEFLATE);
  // The one that was replaced is let go after this call has begun: then its channel is not the last
  // one, whatever thread the last of its calls ends on.
  auto [connection, replaced] = impl_->current();
  owner->liveness = connection->liveness;
  Call* call = impl_->calls->add(std::move(owner));
  connection->stub.UnaryCall(
      &call->context, method, grpc::StubOptions(), &call->request, &call->response,
      [calls = impl_->calls, call](const grpc::Status& status) { calls->finished(call, status); });
}

}  // namespace clew::net
