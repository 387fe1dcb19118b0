// A UDP listener: packets in, no answers.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "base/result.h"
#include "net/address.h"

namespace clew::net {

/// Takes one packet, which is valid during the call. Runs on a thread of the listener, which reads
/// nothing meanwhile: it must not block.
using PacketHandler = std::function<void(std::string_view packet)>;

struct UdpServerOptions {
  Address address;
  std::string name = "udp";  // of the listener, in logs and metrics
  std::string flag = {};     // what the "address in use" error tells to change
  int threads = 0;           // 0: a quarter of the cores, 1 to 4
  size_t max_packet_bytes = limits::kUdpPacketBytes;
};

/// A UDP socket and its threads, which take many packets with one system call and handle them at
/// once. There is no queue but the kernel's, as large as the system allows: so packets are lost in
/// one place only, and the kernel counts them there. Counter:
/// clew_udp_dropped_packets_total{listener,reason}; the reason is `kernel_buffer` when packets came
/// faster than they were handled, `too_large` for a packet past max_packet_bytes.
class UdpServer {
 public:
  /// Binds and starts. kInvalid for a bad address, kIo for what the system says.
  static Result<std::unique_ptr<UdpServer>> start(UdpServerOptions options, PacketHandler handler);

  /// As stop() with no time left.
  ~UdpServer();

  /// Handles what the kernel already holds, until that is empty or `deadline` has passed, and ends
  /// the threads. Not to be called from the handler.
  void stop(std::chrono::milliseconds deadline);

  /// The port it listens on, also when the address asked for port 0.
  uint16_t port() const;

 private:
  struct Impl;
  explicit UdpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace clew::net
