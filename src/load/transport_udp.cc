#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "load/transport.h"
#include "net/address.h"

namespace clew::load {
namespace {

class UdpTransport : public Transport {
 public:
  explicit UdpTransport(int socket) : socket_(socket) {}
  ~UdpTransport() override { close(socket_); }
  UdpTransport(const UdpTransport&) = delete;
  UdpTransport& operator=(const UdpTransport&) = delete;

  Result<std::string> send(std::string message) override {
    if (::send(socket_, message.data(), message.size(), 0) < 0)
      return fail(Code::kUnavailable, "a packet of {} bytes: {}", message.size(),
                  std::strerror(errno));
    return std::string();
  }

 private:
  int socket_;
};

}  // namespace

Result<std::unique_ptr<Transport>> udp_transport(const std::string& target) {
  auto address = net::Address::parse(target);
  if (!address) return std::unexpected(std::move(address.error()));
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  int unknown =
      getaddrinfo(address->host.c_str(), std::to_string(address->port).c_str(), &hints, &found);
  if (unknown != 0) return fail(Code::kInvalid, "{}: {}", target, gai_strerror(unknown));
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> resolved(found, freeaddrinfo);
  int socket = ::socket(resolved->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return fail(Code::kIo, "cannot open a socket: {}", std::strerror(errno));
  auto transport = std::make_unique<UdpTransport>(socket);
  // Connected, so that the system tells when nobody listens there.
  if (connect(socket, resolved->ai_addr, resolved->ai_addrlen) != 0)
    return fail(Code::kIo, "{}: {}", target, std::strerror(errno));
  return transport;
}

}  // namespace clew::load
