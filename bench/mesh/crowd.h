// Many simulated Envoys with their connections, on one thread.
#pragma once

#include <grpcpp/completion_queue.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "discovery.h"
#include "tally.h"

namespace clew::bench {

/// Of all of them.
struct CrowdOptions {
  std::string target;  // IP:PORT
  std::string mesh = "default";
  size_t node_bytes = 61'000;  // what Envoy 1.40 takes to say who it is
  bool secrets = false;
  std::chrono::milliseconds first_backoff{500}, max_backoff{5000};  // Envoy's are 0.5 and 30 s
  std::chrono::seconds patience{15};  // with a cluster that warms up, Envoy's
};

struct Member {
  std::string name, token;  // of its Dataplane; empty: it shows none
};

struct CrowdState {
  size_t all = 0, connected = 0;
  size_t complete = 0;      // of those that are connected
  size_t answered = 0;      // since mark()
  int64_t last_ack_ns = 0;  // since mark()
};

/// Any thread may call everything.
class Crowd {
 public:
  /// `options` outlives it.
  Crowd(const CrowdOptions& options, const std::vector<Member>& members, uint32_t seed);
  ~Crowd();

  /// Opens the streams of all that have none.
  void connect();
  /// Ends all streams; each is opened again at once.
  void drop();
  /// The same as new processes, which have nothing.
  void forget();
  /// The first `count` refuse all of a type from now on, or nobody does any more.
  void refuse(Type type, size_t count);

  void mark();
  /// Adds what was counted since mark().
  void add_to(Tally& tally) const;
  void add_to(CrowdState& state) const;

 private:
  class Client;
  void run();
  bool is_listened_to();

  const CrowdOptions& options_;
  const std::string filler_;
  mutable std::mutex mutex_;
  std::mt19937 random_;
  Tally tally_;
  bool listened_to_ = true;
  std::chrono::steady_clock::time_point probed_at_;
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::thread thread_;
};

}  // namespace clew::bench
