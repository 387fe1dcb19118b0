// What goes to a server at once: the body of a request, or a packet.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace clew::load {

struct Message {
  std::string bytes;
  uint64_t spans = 0;  // in it
};

using Messages = std::vector<Message>;

}  // namespace clew::load
