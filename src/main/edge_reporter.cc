#include "main/edge_reporter.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/thread_name.h"
#include "mesh/nearest/edge_wire.h"
#include "mesh/nearest/prober.h"
#include "net/grpc_client.h"
#include "net/secret.h"

namespace clew {
namespace {

constexpr std::chrono::milliseconds kInterval{500}, kDeadline{2000};

using Clients = std::vector<std::unique_ptr<net::GrpcClient>>;

/// One for each control plane: whichever of them Envoy is connected to must know.
Result<Clients> clients_of(const ProxyOptions& proxy) {
  auto urls = control_planes_of(proxy);
  if (!urls) return std::unexpected(urls.error());
  Clients clients;
  for (const ControlPlaneUrl& url : *urls) {
    net::GrpcClientOptions options{.target = net::Address{url.host, url.port}.to_string()};
    if (url.tls) options.tls = net::ClientTls{.files = {.ca_file = proxy.ca_file}};
    auto client = net::GrpcClient::create(std::move(options));
    if (!client) return std::unexpected(client.error());
    clients.push_back(*std::move(client));
  }
  return clients;
}

}  // namespace

struct EdgeReporter::Impl {
  Impl(const ProxyOptions& options, Clients to) : proxy(options), clients(std::move(to)) {}

  void run();
  void report();
  std::string where(size_t client) const { return control_planes_of(proxy)->at(client).text; }
  void answered(size_t client, const Result<std::string>& answer);
  void nudge();

  const ProxyOptions proxy;
  std::mutex mutex;
  std::condition_variable changed;
  bool urgent = false, stopping = false;
  size_t busy = 0;              // calls in flight
  std::set<size_t> complained;  // of these clients
  mesh::Prober prober{[this] { nudge(); }};
  Clients clients;  // end first: they call answered()
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
    changed.wait(lock, [this] { return stopping || busy == 0; });
    urgent = false;
  }
}

void EdgeReporter::Impl::report() {
  {
    std::lock_guard lock(mutex);
    busy = clients.size();
  }
  net::HttpFields headers;
  if (!proxy.token_file.empty()) {
    auto token = net::Secret::in_file(proxy.token_file).text();
    for (size_t i = 0; !token && i < clients.size(); ++i)
      answered(i, std::unexpected(token.error()));
    if (!token) return;
    headers.push_back({"authorization", "Bearer " + *token});
  }
  auto message = SharedBytes::take(
      mesh::write_report({.node_id = proxy.mesh + "." + proxy.name, .findings = prober.take()}));
  for (size_t i = 0; i < clients.size(); ++i)
    clients[i]->call(
        mesh::kReportMethod, message, kDeadline,
        [this, i](Result<std::string> answer) { answered(i, answer); }, headers);
}

void EdgeReporter::Impl::answered(size_t client, const Result<std::string>& answer) {
  Result<std::vector<mesh::Target>> targets;
  if (answer)
    targets = mesh::read_targets(*answer);
  else
    targets = std::unexpected(answer.error());
  if (targets) prober.set(*targets);
  std::lock_guard lock(mutex);
  // Once, until it works again: it is asked twice a second.
  if (!targets && complained.insert(client).second)
    log::warn("what this edge measures does not reach {}: {}", where(client),
              targets.error().message);
  if (targets && complained.erase(client) > 0)
    log::info("what this edge measures reaches {} again", where(client));
  --busy;
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
  auto clients = clients_of(proxy);
  if (!clients) return std::unexpected(clients.error());
  return std::unique_ptr<EdgeReporter>(
      new EdgeReporter(std::make_unique<Impl>(proxy, *std::move(clients))));
}

}  // namespace clew
