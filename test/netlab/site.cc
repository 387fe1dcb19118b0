#include "site.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace clew::netlab {
namespace {

constexpr int kQueuePackets = 4096;  // of a device, until the router reads them; Linux' own: 500

std::unexpected<Error> failed(std::string_view what) {
  return fail(Code::kIo, "{}: {}", what, std::strerror(errno));
}

/// A request to the kernel about a device.
ifreq about(const std::string& device) {
  ifreq request{};
  device.copy(request.ifr_name, IFNAMSIZ - 1);
  return request;
}

ifreq about(const std::string& device, const std::string& address) {
  ifreq request = about(device);
  sockaddr_in socket_address{.sin_family = AF_INET};
  inet_pton(AF_INET, address.c_str(), &socket_address.sin_addr);
  std::memcpy(&request.ifr_addr, &socket_address, sizeof(socket_address));
  return request;
}

/// Asks for it in the namespace that the thread is in.
Result<void> configure(unsigned long what, ifreq request) {
  const Descriptor any(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!any) return failed("a socket");
  if (ioctl(any.number(), what, &request) != 0)
    return failed(fmt::format("setting up the device {}", request.ifr_name));
  return {};
}

Result<void> start(const std::string& device) {
  ifreq request = about(device);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  return configure(SIOCSIFFLAGS, request);
}

Result<void> set_address(const std::string& device, const std::string& address,
                         const std::string& mask) {
  return in_order([&] { return configure(SIOCSIFADDR, about(device, address)); },
                  [&] { return configure(SIOCSIFNETMASK, about(device, mask)); });
}

/// A TUN device of the namespace that the thread is in, under a name that is free; says which.
Result<Descriptor> make_tun(std::string& name) {
  Descriptor tun(open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (!tun) return failed("/dev/net/tun");
  ifreq request = about("netlab%d");
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (ioctl(tun.number(), TUNSETIFF, &request) != 0) return failed("making a TUN device");
  name = request.ifr_name;
  return tun;
}

/// In the namespace of the site.
Result<void> fill(Site& site, bool has_subnet) {
  std::string device;
  auto tun = make_tun(device);
  if (!tun) return std::unexpected(tun.error());
  site.tun = std::move(*tun);
  ifreq queue = about(device);
  queue.ifr_qlen = kQueuePackets;
  auto done = in_order([&] { return configure(SIOCSIFTXQLEN, queue); },
                       [&] { return set_address(device, site.address, "255.255.0.0"); },
                       [&] { return start(device); });
  // An address of the loopback device makes all of its subnet local.
  if (!done || !has_subnet) return done;
  return in_order([&] { return start("lo"); },
                  [&] { return set_address("lo:1", site.address, "255.255.255.0"); });
}

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) close(number_);
}

Result<Descriptor> current_space() {
  Descriptor space(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!space) return failed("/proc/thread-self/ns/net");
  return space;
}

Result<Site> make_site(const std::string& network, size_t number, Descriptor space) {
  auto home = current_space();
  if (!home) return std::unexpected(home.error());
  Site site{.address = fmt::format("{}.{}.1", network, number)};
  const bool is_new = !space;
  if (is_new ? unshare(CLONE_NEWNET) != 0 : setns(space.number(), CLONE_NEWNET) != 0)
    return failed("a network namespace");
  auto entered = current_space();
  auto done = entered ? fill(site, is_new) : std::unexpected(entered.error());
  if (setns(home->number(), CLONE_NEWNET) != 0) return failed("back to the first namespace");
  if (!done) return std::unexpected(done.error());
  site.space = std::move(*entered);
  return site;
}

}  // namespace clew::netlab
