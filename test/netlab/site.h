// A site of the lab: a network namespace whose only way out is a TUN device that the router holds.
#pragma once

#include <string>
#include <utility>

#include "base/result.h"

namespace clew::netlab {

/// A file descriptor that is closed with its owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();

  int number() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

/// Namespace and device have no names outside of the process and go when it ends, however it does.
struct Site {
  Descriptor space;  // the network namespace
  Descriptor tun;    // raw IP packets, does not block
  std::string address;
};

/// The network namespace that the calling thread is in.
Result<Descriptor> current_space();

/// Makes site `number` of `network` ("10.77"): with loopback, the address 10.77.NUMBER.1, all of
/// 10.77.NUMBER.0/24 as its own, and a route to the others. `space` is an existing namespace to be
/// the site, which gets the one address only; without, a new one is made. The calling thread is
/// back in its own namespace afterwards.
Result<Site> make_site(const std::string& network, size_t number, Descriptor space);

}  // namespace clew::netlab
