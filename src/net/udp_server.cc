#include "net/udp_server.h"

#include <linux/sock_diag.h>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/system/error_code.hpp>
#include <mutex>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/thread_name.h"
#include "net/internal/listen.h"

namespace clew::net {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Packets per system call: enough to make its cost small beside theirs.
constexpr size_t kPacketsPerCall = 32;
/// What is asked of the kernel to hold: a quarter of a second at 1 Gbit/s. The kernel counts about
/// twice a packet's bytes.
constexpr int kKernelBufferBytes = 32 << 20;

struct Descriptor {
  Descriptor() = default;
  explicit Descriptor(int number) : fd(number) {}
  Descriptor(Descriptor&& other) noexcept : fd(std::exchange(other.fd, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd, other.fd);
    return *this;
  }
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
  int fd = -1;
};

/// A socket bound to the first address the name stands for that can be bound.
Result<Descriptor> bind_socket(const UdpServerOptions& options) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE;
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* list = nullptr;
  const Address& address = options.address;
  std::string port = std::to_string(address.port);
  if (int code = getaddrinfo(address.host.c_str(), port.c_str(), &hints, &list); code != 0)
    return fail(Code::kInvalid, "cannot listen on {}: {}: {}", address.to_string(), address.host,
                gai_strerror(code));
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, freeaddrinfo);
  int error = EADDRNOTAVAIL;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    Descriptor socket(::socket(entry->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (socket.fd >= 0 && bind(socket.fd, entry->ai_addr, entry->ai_addrlen) == 0) return socket;
    error = errno;
  }
  return std::unexpected(
      listen_error(address, options.flag, {error, boost::system::generic_category()}));
}

/// Makes the kernel's buffer as large as it lets us.
void enlarge_buffer(int fd, const std::string& name) {
  int wanted = kKernelBufferBytes;
  // With CAP_NET_ADMIN past net.core.rmem_max, else up to it.
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof(wanted)) == 0) return;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof(wanted));
  int got = 0;
  socklen_t size = sizeof(got);
  getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &got, &size);
  if (got / 2 < wanted)  // the kernel doubles what it is given
    log::info("{}: the kernel holds {} KiB of packets; net.core.rmem_max={} lets it hold more",
              name, got / 2048, wanted);
}

uint16_t bound_port(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  std::array<char, NI_MAXSERV> port{};
  getnameinfo(reinterpret_cast<sockaddr*>(&address), size, nullptr, 0, port.data(), port.size(),
              NI_NUMERICSERV | NI_DGRAM);
  return static_cast<uint16_t>(std::atoi(port.data()));
}

prometheus::Counter& dropped(const std::string& listener, const std::string& reason) {
  return metrics::counter("clew_udp_dropped_packets_total",
                          "UDP packets that were lost, by listener and reason",
                          {{"listener", listener}, {"reason", reason}});
}

int thread_count(int asked) {
  if (asked > 0) return asked;
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()) / 4, 1, 4);
}

/// Buffers for the packets of one recvmmsg. Memory is touched only as far as packets reach.
class PacketBuffers {
 public:
  explicit PacketBuffers(size_t packet_bytes)
      : packet_bytes_(packet_bytes),
        bytes_(std::make_unique_for_overwrite<char[]>(packet_bytes * kPacketsPerCall)) {
    for (size_t i = 0; i < kPacketsPerCall; ++i) {
      parts_[i] = {bytes_.get() + i * packet_bytes_, packet_bytes_};
      messages_[i].msg_hdr.msg_iov = &parts_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
    }
  }

  /// Takes what is there; the number of packets, 0 if there are none.
  size_t receive(int fd) {
    int count = recvmmsg(fd, messages_.data(), kPacketsPerCall, MSG_DONTWAIT, nullptr);
    return count > 0 ? static_cast<size_t>(count) : 0;
  }
  std::string_view packet(size_t index) const {
    return {bytes_.get() + index * packet_bytes_, messages_[index].msg_len};
  }
  bool is_cut(size_t index) const { return (messages_[index].msg_hdr.msg_flags & MSG_TRUNC) != 0; }

 private:
  size_t packet_bytes_;
  std::unique_ptr<char[]> bytes_;
  std::array<iovec, kPacketsPerCall> parts_{};
  std::array<mmsghdr, kPacketsPerCall> messages_{};
};

}  // namespace

struct UdpServer::Impl {
  Impl(UdpServerOptions o, PacketHandler h, Descriptor s)
      : options(std::move(o)),
        handler(std::move(h)),
        socket(std::move(s)),
        wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        lost_in_kernel(dropped(options.name, "kernel_buffer")),
        too_large(dropped(options.name, "too_large")) {
    CLEW_CHECK(wake.fd >= 0);
  }

  /// One thread's life.
  void run() {
    PacketBuffers buffers(options.max_packet_bytes);
    for (;;) {
      size_t count = buffers.receive(socket.fd);
      for (size_t i = 0; i < count; ++i) {
        if (buffers.is_cut(i)) {
          too_large.Increment();
          metrics::count_limit_hit("udp_packet_bytes");
        } else {
          handler(buffers.packet(i));
        }
      }
      count_lost();
      if (stopping && (count == 0 || std::chrono::steady_clock::now() >= stop_at)) return;
      if (count == 0) wait();
    }
  }

  void wait() const {
    std::array<pollfd, 2> waiting = {{{socket.fd, POLLIN, 0}, {wake.fd, POLLIN, 0}}};
    poll(waiting.data(), waiting.size(), -1);
  }

  /// Adds what the kernel has dropped of this socket since the last time. SO_MEMINFO tells it at
  /// any time; SO_RXQ_OVFL would only with a later packet.
  void count_lost() {
    std::array<uint32_t, SK_MEMINFO_VARS> info{};
    socklen_t size = sizeof(info);
    std::lock_guard lock(lost_mutex);
    if (getsockopt(socket.fd, SOL_SOCKET, SO_MEMINFO, info.data(), &size) != 0) return;
    uint32_t now = info[SK_MEMINFO_DROPS];
    if (now != lost_before) lost_in_kernel.Increment(now - lost_before);
    lost_before = now;
  }

  void stop(std::chrono::milliseconds deadline) {
    if (threads.empty()) return;
    stop_at = std::chrono::steady_clock::now() + deadline;
    stopping = true;
    uint64_t one = 1;
    // It stays readable, so that every thread sees it.
    CLEW_CHECK(write(wake.fd, &one, sizeof(one)) == sizeof(one));
    for (std::thread& thread : threads) thread.join();
    threads.clear();
    socket = Descriptor();
  }

  const UdpServerOptions options;
  const PacketHandler handler;
  Descriptor socket;
  const Descriptor wake;
  prometheus::Counter& lost_in_kernel;
  prometheus::Counter& too_large;
  uint16_t port = 0;
  std::atomic<bool> stopping = false;
  SteadyTime stop_at;  // written before `stopping`
  std::mutex lost_mutex;
  uint32_t lost_before = 0;
  std::vector<std::thread> threads;
};

Result<std::unique_ptr<UdpServer>> UdpServer::start(UdpServerOptions options,
                                                    PacketHandler handler) {
  auto socket = bind_socket(options);
  if (!socket) return std::unexpected(socket.error());
  enlarge_buffer(socket->fd, options.name);
  auto impl = std::make_unique<Impl>(std::move(options), std::move(handler), *std::move(socket));
  impl->port = bound_port(impl->socket.fd);
  for (int i = 0; i < thread_count(impl->options.threads); ++i) {
    impl->threads.emplace_back([raw = impl.get()] {
      name_thread("clew-udp");
      raw->run();
    });
  }
  return std::unique_ptr<UdpServer>(new UdpServer(std::move(impl)));
}

UdpServer::UdpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

UdpServer::~UdpServer() {
  stop(std::chrono::milliseconds(0));
}

void UdpServer::stop(std::chrono::milliseconds deadline) {
  impl_->stop(deadline);
}

uint16_t UdpServer::port() const {
  return impl_->port;
}

}  // namespace clew::net
