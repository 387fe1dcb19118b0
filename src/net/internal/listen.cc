#include "net/internal/listen.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/system/errc.hpp>
#include <memory>
#include <thread>

namespace clew::net {

Error listen_error(const Address& address, const std::string& flag,
                   boost::system::error_code error) {
  std::string hint;
  std::string reason = error.message();
  if (error == boost::system::errc::address_in_use) {
    reason = "address in use";
    hint = fmt::format(" (is another clew running? choose another address with {})", flag);
  }
  return {Code::kIo, fmt::format("cannot listen on {}: {}{}", address.to_string(), reason, hint)};
}

Result<void> can_listen(const Address& address, const std::string& flag) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  std::string port = std::to_string(address.port);
  if (int code = getaddrinfo(address.host.c_str(), port.c_str(), &hints, &list); code != 0) {
    return fail(Code::kInvalid, "cannot listen on {}: {}: {}", address.to_string(), address.host,
                gai_strerror(code));
  }
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, freeaddrinfo);
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    int fd = socket(entry->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) continue;  // a family this machine does not speak, e.g. IPv6
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    int failed = bind(fd, entry->ai_addr, entry->ai_addrlen) == 0 ? 0 : errno;
    close(fd);
    if (failed != 0) {
      return std::unexpected(
          listen_error(address, flag, {failed, boost::system::generic_category()}));
    }
  }
  return {};
}

int handler_thread_count(int asked) {
  if (asked > 0) return asked;
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 4, 16);
}

}  // namespace clew::net
