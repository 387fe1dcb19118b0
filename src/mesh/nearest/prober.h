// Measures how far core locations are, from beside an edge's Envoy.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "mesh/nearest/edge_wire.h"

namespace clew::mesh {

/// Connects to every target twice a second, by TCP, and hangs up. A round trip is what the kernel
/// measured between SYN and SYN-ACK, so a busy machine does not make it longer. No answer within
/// three round trips (250 ms at least) is a failure, as is a refusal; the first ones are followed
/// by the next try at once, so that an outage is known within a second. Any thread may use it.
class Prober {
 public:
  /// `on_silence` is called, on a thread of its own, when the third try in a row has failed.
  explicit Prober(std::function<void()> on_silence);
  ~Prober();

  /// What is to be probed from now on. Targets whose host is no IP address are left out: Envoy
  /// takes no others from a control plane either.
  void set(const std::vector<Target>& targets);

  /// What was found since the last time, for every target that anything was found of.
  std::vector<Finding> take();

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace clew::mesh
