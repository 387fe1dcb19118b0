#include "mesh/xds/server.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/metrics.h"
#include "base/thread_name.h"

namespace clew::mesh::xds {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kDeltaMethod =
    "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources";
constexpr const char* kStreamMethod =
    "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources";

Now now() {
  return {Clock::now(), clew::Clock::system().now()};
}

struct Proxy;

/// One stream. Locks are taken in this order: the server's, a proxy's, a session's.
struct Session : std::enable_shared_from_this<Session> {
  Session(Protocol p, const net::GrpcStream& s) : protocol(p), stream(s), ads(p, sender(s)) {}

  static AdsStream::Send sender(net::GrpcStream to) {
    return [to = std::move(to)](std::string bytes) mutable { return to.send(std::move(bytes)); };
  }

  const Protocol protocol;
  net::GrpcStream stream;
  std::shared_ptr<Proxy> proxy;   // set once, by the first request, before others see the session
  std::atomic<bool> due = false;  // the pusher will look at it

  std::mutex mutex;
  AdsStream ads;
};

struct Proxy {
  explicit Proxy(std::string name) : id(std::move(name)) {}

  const std::string id;
  std::mutex mutex;
  SnapshotPtr snapshot;
  std::vector<std::shared_ptr<Session>> sessions;  // the newest last
  ProxyState last;                                 // without its types
};

}  // namespace

/// Owned by the server, and by the streams that are still open.
struct XdsServer::Impl : std::enable_shared_from_this<Impl> {
  explicit Impl(Options o) : options(std::move(o)) {}

  net::GrpcStreamHandler open(Protocol protocol, net::GrpcStream stream);
  void receive(Session& session, const SharedBytes& message);
  Result<void> connect(Session& session, const Node& node);
  void disconnect(const std::shared_ptr<Session>& session);

  std::shared_ptr<Proxy> find(const std::string& id) const;
  std::shared_ptr<Proxy> find_or_add(const std::string& id);
  void advance(Session& session);

  void wake(std::weak_ptr<Session> session, Clock::time_point when);
  void push_due();
  void stop();

  const Options options;
  // Not streams, whatever it is called: Envoy has two while it restarts, and a proxy that comes
  // back has a new one before the end of the old is noticed.
  prometheus::Gauge& with_streams =
      metrics::gauge("clew_mesh_proxy_streams", "Proxies that are connected, each counted once");

  mutable std::mutex mutex;
  std::map<std::string, std::shared_ptr<Proxy>, std::less<>> proxies;

  // What is to be looked at when: by one thread, so that snapshots that come in bursts cost little.
  std::mutex due_mutex;
  std::condition_variable due_changed;
  std::multimap<Clock::time_point, std::weak_ptr<Session>> due;
  bool stopping = false;
  std::thread pusher;
};

net::GrpcStreamHandler XdsServer::Impl::open(Protocol protocol, net::GrpcStream stream) {
  auto session = std::make_shared<Session>(protocol, std::move(stream));
  auto self = shared_from_this();
  return {.on_message = [self,
                         session](const SharedBytes& message) { self->receive(*session, message); },
          .on_close = [self, session] { self->disconnect(session); }};
}

void XdsServer::Impl::receive(Session& session, const SharedBytes& message) {
  auto request = session.protocol == Protocol::kDelta ? read_delta_request(message.view())
                                                      : read_request(message.view());
  Result<void> done;
  if (!request) done = std::unexpected(request.error());
  if (done && !session.proxy) done = connect(session, request->node.value_or(Node{}));
  if (done) {
    std::lock_guard lock(session.mutex);
    done = session.ads.receive(*request, now());
    if (done && request->refusal) {
      log::warn("mesh: proxy {} refuses {}: {}", session.proxy->id,
                request->type_url.substr(request->type_url.rfind('.') + 1), request->refusal->text);
    }
  }
  if (!done) {
    log::warn("mesh: a proxy at {} is sent away: {}", session.stream.peer(), done.error().message);
    return session.stream.end(done);
  }
  advance(session);
}

Result<void> XdsServer::Impl::connect(Session& session, const Node& node) {
  Result<std::string> id = node.id;
  if (options.on_connect) {
    id = options.on_connect(node, session.stream.meta("authorization"), session.stream.peer());
    if (!id) return std::unexpected(id.error());
  }
  if (id->empty()) return fail(Code::kInvalid, "the first request names no node");
  std::lock_guard all(mutex);  // so that forget() does not come between
  auto& proxy = proxies[*id];
  if (!proxy) proxy = std::make_shared<Proxy>(*id);
  std::lock_guard lock(proxy->mutex);
  session.proxy = proxy;
  if (proxy->sessions.empty()) with_streams.Increment();
  proxy->sessions.push_back(session.shared_from_this());
  proxy->last.node = node;
  proxy->last.protocol = session.protocol;
  proxy->last.connected_at = now().wall;
  return {};
}

void XdsServer::Impl::disconnect(const std::shared_ptr<Session>& session) {
  if (!session->proxy) return;
  bool last = false;
  {
    std::lock_guard all(mutex);
    Proxy& proxy = *session->proxy;
    std::lock_guard lock(proxy.mutex);
    std::erase(proxy.sessions, session);
    proxy.last.disconnected_at = now().wall;
    last = proxy.sessions.empty();
    auto found = proxies.find(proxy.id);
    // One that was forgotten is not counted any more.
    bool known = found != proxies.end() && found->second == session->proxy;
    if (last && known) with_streams.Decrement();
    if (last && known && !proxy.snapshot) proxies.erase(found);
  }
  if (last && options.on_disconnect) options.on_disconnect(session->proxy->id);
}

std::shared_ptr<Proxy> XdsServer::Impl::find(const std::string& id) const {
  std::lock_guard lock(mutex);
  auto found = proxies.find(id);
  return found == proxies.end() ? nullptr : found->second;
}

std::shared_ptr<Proxy> XdsServer::Impl::find_or_add(const std::string& id) {
  std::lock_guard lock(mutex);
  auto& proxy = proxies[id];
  if (!proxy) proxy = std::make_shared<Proxy>(id);
  return proxy;
}

/// Sends what is due to one stream.
void XdsServer::Impl::advance(Session& session) {
  std::optional<Clock::time_point> again;
  {
    // The proxy's lock first, for as long as it takes to look: snapshots must not overtake.
    std::unique_lock proxy_lock(session.proxy->mutex);
    SnapshotPtr snapshot = session.proxy->snapshot;
    std::lock_guard lock(session.mutex);
    proxy_lock.unlock();
    if (snapshot) session.ads.offer(std::move(snapshot), now());
    again = session.ads.advance(now());
  }
  if (again) wake(session.weak_from_this(), *again);
}

void XdsServer::Impl::wake(std::weak_ptr<Session> session, Clock::time_point when) {
  std::lock_guard lock(due_mutex);
  bool sooner = due.empty() || when < due.begin()->first;
  due.emplace(when, std::move(session));
  if (sooner) due_changed.notify_one();
}

/// The pusher's loop.
void XdsServer::Impl::push_due() {
  name_thread("clew-xds");
  std::unique_lock lock(due_mutex);
  while (!stopping) {
    if (due.empty()) {
      due_changed.wait(lock);
    } else if (Clock::time_point first = due.begin()->first; first > Clock::now()) {
      due_changed.wait_until(lock, first);
    } else {
      auto session = due.begin()->second.lock();
      due.erase(due.begin());
      lock.unlock();
      if (session) {
        session->due = false;
        advance(*session);
      }
      session.reset();
      lock.lock();
    }
  }
}

void XdsServer::Impl::stop() {
  {
    std::lock_guard lock(due_mutex);
    stopping = true;
  }
  due_changed.notify_one();
  pusher.join();
}

XdsServer::XdsServer(Options options) : impl_(std::make_shared<Impl>(std::move(options))) {
  impl_->pusher = std::thread([impl = impl_.get()] { impl->push_due(); });
}

XdsServer::~XdsServer() {
  impl_->stop();
}

void XdsServer::add_to(net::GrpcMethods& methods) {
  methods.stream(kDeltaMethod, [impl = impl_](net::GrpcStream stream) {
    return impl->open(Protocol::kDelta, std::move(stream));
  });
  methods.stream(kStreamMethod, [impl = impl_](net::GrpcStream stream) {
    return impl->open(Protocol::kStateOfTheWorld, std::move(stream));
  });
}

void XdsServer::set(const std::string& proxy, SnapshotPtr snapshot) {
  auto found = impl_->find_or_add(proxy);
  std::vector<std::shared_ptr<Session>> sessions;
  {
    std::lock_guard lock(found->mutex);
    found->snapshot = std::move(snapshot);
    sessions = found->sessions;
  }
  for (const auto& session : sessions) {
    if (!session->due.exchange(true)) impl_->wake(session, Clock::now() + impl_->options.debounce);
  }
}

void XdsServer::forget(const std::string& proxy) {
  std::shared_ptr<Proxy> found;
  std::vector<std::shared_ptr<Session>> sessions;
  {
    std::lock_guard lock(impl_->mutex);
    auto entry = impl_->proxies.find(proxy);
    if (entry == impl_->proxies.end()) return;
    found = std::move(entry->second);
    impl_->proxies.erase(entry);
    std::lock_guard of_proxy(found->mutex);
    found->snapshot.reset();
    sessions = found->sessions;
    if (!sessions.empty()) impl_->with_streams.Decrement();
  }
  for (const auto& session : sessions)
    session->stream.end(fail(Code::kNotFound, "there is no proxy {} any more", proxy));
}

std::optional<ProxyState> XdsServer::state(const std::string& proxy) const {
  auto found = impl_->find(proxy);
  if (!found) return std::nullopt;
  std::shared_ptr<Session> newest;
  ProxyState state;
  {
    std::lock_guard lock(found->mutex);
    state = found->last;
    if (found->snapshot) state.revision = found->snapshot->revision();
    if (!found->sessions.empty()) newest = found->sessions.back();
  }
  if (newest) {
    std::lock_guard lock(newest->mutex);
    state.peer = newest->stream.peer();
    state.types = newest->ads.state();
    state.settled_revision = newest->ads.settled_revision();
  }
  return state;
}

std::vector<std::string> XdsServer::connected() const {
  std::vector<std::string> ids;
  std::lock_guard lock(impl_->mutex);
  for (const auto& [id, proxy] : impl_->proxies) {
    std::lock_guard of_proxy(proxy->mutex);
    if (!proxy->sessions.empty()) ids.push_back(id);
  }
  return ids;
}

}  // namespace clew::mesh::xds
