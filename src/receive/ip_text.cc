#include "receive/ip_text.h"

#include <arpa/inet.h>

#include <array>

namespace clew::receive {

std::string ip_text(std::string_view raw) {
  bool known_length = raw.size() == 4 || raw.size() == 16;
  if (!known_length || raw.find_first_not_of('\0') == raw.npos) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(raw.size() == 4 ? AF_INET : AF_INET6, raw.data(), text.data(), text.size());
  return text.data();
}

}  // namespace clew::receive
