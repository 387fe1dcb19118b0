#include "mesh/nearest/prober.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "base/thread_name.h"
#include "net/address.h"

namespace clew::mesh {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kInterval{500};
constexpr milliseconds kLeastTimeout{250}, kFirstTimeout{1000};
constexpr int kSilence = 3;

/// A socket address of an IP; length 0 if the host is none.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  explicit SocketAddress(const Target& target) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
    if (inet_pton(AF_INET, target.host.c_str(), &v4->sin_addr) == 1) {
      v4->sin_family = AF_INET;
      v4->sin_port = htons(target.port);
      length = sizeof(*v4);
    } else if (inet_pton(AF_INET6, target.host.c_str(), &v6->sin6_addr) == 1) {
      v6->sin6_family = AF_INET6;
      v6->sin6_port = htons(target.port);
      length = sizeof(*v6);
    }
  }
};

/// One target, and at most one connection that is being made to it.
class Probe {
 public:
  explicit Probe(Target target)
      : target_(std::move(target)), address_(target_), next_(SteadyClock::now()) {}
  Probe(const Probe&) = delete;
  ~Probe() { hang_up(); }

  const Target& target() const { return target_; }
  int socket() const { return socket_; }
  /// When there is something to do if the socket has nothing to say before.
  SteadyClock::time_point due() const { return socket_ < 0 ? next_ : deadline_; }

  /// Begins, or gives up; true if it has failed for the third time in a row.
  bool act(SteadyClock::time_point now) {
    if (now < due()) return false;
    if (socket_ >= 0) return finish(0, now);
    // From the plan, not from when we came to it; but what was missed is not made up for.
    next_ = std::max(next_, now - kInterval) + pause();
    deadline_ = now + timeout_;
    socket_ = ::socket(address_.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) return finish(0, now);
    const auto* address = reinterpret_cast<const sockaddr*>(&address_.storage);
    if (connect(socket_, address, address_.length) == 0) return answered(now);
    return errno == EINPROGRESS ? false : finish(0, now);
  }

  /// The socket has something to say.
  bool answered(SteadyClock::time_point now) {
    int error = 0;
    socklen_t size = sizeof(error);
    getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
    tcp_info info{};
    size = sizeof(info);
    if (error != 0 || getsockopt(socket_, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
      return finish(0, now);
    return finish(std::max(1U, info.tcpi_rtt), now);
  }

  std::vector<uint32_t> take() { return std::exchange(found_, {}); }

 private:
  /// `round_trip` 0: no answer.
  bool finish(uint32_t round_trip, SteadyClock::time_point now) {
    hang_up();
    if (found_.size() < kMostRoundTrips) found_.push_back(round_trip);
    failures_ = round_trip == 0 ? failures_ + 1 : 0;
    if (round_trip == 0) {
      if (failures_ < kSilence) next_ = now + milliseconds(50);
      return failures_ == kSilence;
    }
    auto measured = std::chrono::duration_cast<milliseconds>(std::chrono::microseconds(round_trip));
    timeout_ = std::max(kLeastTimeout, 3 * measured + milliseconds(100));
    return false;
  }

  /// A reset: thousands of connections that wait for their end would stay behind otherwise.
  void hang_up() {
    if (socket_ < 0) return;
    linger reset{.l_onoff = 1, .l_linger = 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    close(std::exchange(socket_, -1));
  }

  /// Not all at the same time.
  static milliseconds pause() {
    static thread_local std::minstd_rand dice(std::random_device{}());
    return kInterval * std::uniform_int_distribution(90, 110)(dice) / 100;
  }

  const Target target_;
  const SocketAddress address_;
  int socket_ = -1;
  SteadyClock::time_point next_, deadline_;
  milliseconds timeout_ = kFirstTimeout;
  int failures_ = 0;  // in a row
  std::vector<uint32_t> found_;
};

}  // namespace

struct Prober::Impl {
  explicit Impl(std::function<void()> silence)
      : on_silence(std::move(silence)), wake(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
  ~Impl() { close(wake); }

  void run();
  std::vector<pollfd> sockets(SteadyClock::time_point& due) const;
  void nudge() const { eventfd_write(wake, 1); }

  const std::function<void()> on_silence;
  const int wake;
  std::mutex mutex;
  std::vector<std::unique_ptr<Probe>> probes;
  size_t changes = 0;  // of which targets there are
  bool stopping = false;
  std::thread thread;
};

std::vector<pollfd> Prober::Impl::sockets(SteadyClock::time_point& due) const {
  std::vector<pollfd> all = {{.fd = wake, .events = POLLIN, .revents = 0}};
  for (const auto& probe : probes) {
    due = std::min(due, probe->due());
    all.push_back({.fd = probe->socket(), .events = POLLOUT, .revents = 0});
  }
  return all;
}

void Prober::Impl::run() {
  name_thread("clew-prober");
  std::unique_lock lock(mutex);
  while (!stopping) {
    auto due = SteadyClock::now() + std::chrono::seconds(60);
    auto waiting = sockets(due);
    size_t seen = changes;
    lock.unlock();
    auto left = std::chrono::ceil<milliseconds>(due - SteadyClock::now()).count();
    poll(waiting.data(), waiting.size(), static_cast<int>(std::max<int64_t>(0, left)));
    lock.lock();
    eventfd_t ignored = 0;
    if (waiting[0].revents != 0) eventfd_read(wake, &ignored);
    if (changes != seen) continue;  // what was waited for is not what there is
    bool silent = false;
    auto now = SteadyClock::now();
    // What has answered has, even if we come late to see it.
    for (size_t i = 0; i < probes.size(); ++i)
      silent |= waiting[i + 1].revents != 0 ? probes[i]->answered(now) : probes[i]->act(now);
    if (!silent) continue;
    lock.unlock();
    on_silence();
    lock.lock();
  }
}

Prober::Prober(std::function<void()> on_silence)
    : impl_(std::make_unique<Impl>(std::move(on_silence))) {
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

Prober::~Prober() {
  {
    std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->nudge();
  impl_->thread.join();
}

void Prober::set(const std::vector<Target>& targets) {
  std::lock_guard lock(impl_->mutex);
  auto& probes = impl_->probes;
  auto target_of = [](const std::unique_ptr<Probe>& probe) {
    return probe ? probe->target() : Target{};
  };
  if (std::ranges::equal(probes, targets, {}, target_of)) return;
  std::vector<std::unique_ptr<Probe>> next;
  for (const Target& target : targets) {
    auto known = std::ranges::find(probes, target, target_of);
    if (known != probes.end())
      next.push_back(std::move(*known));
    else if (SocketAddress(target).length > 0)
      next.push_back(std::make_unique<Probe>(target));
  }
  probes.swap(next);
  ++impl_->changes;
  impl_->nudge();
}

std::vector<Finding> Prober::take() {
  std::vector<Finding> findings;
  std::lock_guard lock(impl_->mutex);
  for (const auto& probe : impl_->probes) {
    auto found = probe->take();
    if (found.empty()) continue;
    const Target& target = probe->target();
    findings.push_back(
        {target.zone, net::Address{target.host, target.port}.to_string(), std::move(found)});
  }
  return findings;
}

}  // namespace clew::mesh
