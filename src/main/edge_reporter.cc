#include "main/edge_reporter.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/thread_name.h"
#include "mesh/nearest/edge_wire.h"
#include "mesh/nearest/prober.h"
#include "net/grpc_client.h"
#include "net/secret.h"

namespace clew {
namespace {

constexpr std::chrono::milliseconds kInterval{500}, kDeadline{2000};

Result<std::unique_ptr<net::GrpcClient>> client_of(const ProxyOptions& proxy) {
  auto address = control_plane_of(proxy.control_plane);
  if (!address) return std::unexpected(address.error());
  net::GrpcClientOptions options{.target = net::Address{address->host, address->port}.to_string()};
  if (address->tls) options.tls = net::ClientTls{.files = {.ca_file = proxy.ca_file}};
  return net::GrpcClient::create(std::move(options));
}

}  // namespace

struct EdgeReporter::Impl {
  Impl(const ProxyOptions& options, std::unique_ptr<net::GrpcClient> to)
      : proxy(options), client(std::move(to)) {}

  void run();
  void report();
  void answered(const Result<std::string>& answer);
  void nudge();

  const ProxyOptions proxy;
  std::mutex mutex;
  std::condition_variable changed;
  bool urgent = false, busy = false, stopping = false;
  bool complained = false;
  mesh::Prober prober{[this] { nudge(); }};
  const std::unique_ptr<net::GrpcClient> client;  // ends first: it calls answered()
  std::thread thread;
};

void EdgeReporter::Impl::nudge() {
  std::lock_guard lock(mutex);
  urgent = true;
  changed.notify_all();
}

void EdgeReporter::Impl::run() {
  name_thread("clew-reporter");
  std::unique_lock lock(mutex);
  while (!stopping) {
    lock.unlock();
    report();
    lock.lock();
    changed.wait_for(lock, kInterval, [this] { return stopping || urgent; });
    changed.wait(lock, [this] { return stopping || !busy; });
    urgent = false;
  }
}

void EdgeReporter::Impl::report() {
  net::HttpFields headers;
  if (!proxy.token_file.empty()) {
    auto token = net::Secret::in_file(proxy.token_file).text();
    if (!token) return answered(std::unexpected(token.error()));
    headers.push_back({"authorization", "Bearer " + *token});
  }
  {
    std::lock_guard lock(mutex);
    busy = true;
  }
  std::string message =
      mesh::write_report({.node_id = proxy.mesh + "." + proxy.name, .findings = prober.take()});
  client->call(
      mesh::kReportMethod, SharedBytes::take(std::move(message)), kDeadline,
      [this](Result<std::string> answer) { answered(answer); }, headers);
}

void EdgeReporter::Impl::answered(const Result<std::string>& answer) {
  Result<std::vector<mesh::Target>> targets;
  if (answer)
    targets = mesh::read_targets(*answer);
  else
    targets = std::unexpected(answer.error());
  if (targets) prober.set(*targets);
  std::lock_guard lock(mutex);
  // Once, until it works again: it is asked twice a second.
  if (!targets && !complained)
    log::warn("what this edge measures does not reach the control plane: {}",
              targets.error().message);
  if (targets && complained) log::info("what this edge measures reaches the control plane again");
  complained = !targets;
  busy = false;
  changed.notify_all();
}

EdgeReporter::EdgeReporter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

EdgeReporter::~EdgeReporter() {
  {
    std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->changed.notify_all();
  impl_->thread.join();
}

Result<std::unique_ptr<EdgeReporter>> EdgeReporter::start(const ProxyOptions& proxy) {
  auto client = client_of(proxy);
  if (!client) return std::unexpected(client.error());
  return std::unique_ptr<EdgeReporter>(
      new EdgeReporter(std::make_unique<Impl>(proxy, *std::move(client))));
}

}  // namespace clew
