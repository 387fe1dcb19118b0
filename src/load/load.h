// Sends the workload to a server, and tells what was accepted and what came out at the other end.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "load/arrivals.h"
#include "load/receiver.h"
#include "load/sender.h"
#include "load/trace_sample.h"

namespace clew::load {

struct Options {
  SenderOptions sender = {.target = "127.0.0.1:4318"};
  std::vector<SenderOptions> also = {};  // other ways in: connections take turns
  uint64_t spans = 1'000'000;
  size_t spans_per_request = 512;
  int connections = 4;
  uint64_t seed = 1;          // runs with other seeds share no ID
  double rate = 0;            // spans a second; 0: as fast as they are answered
  double spread_hours = 0;    // before now, that the traces' times are spread over
  size_t sampled_traces = 0;  // how many Report::traces keeps
  bool stop_at_refusal = false;
  std::vector<ReceiveAddress> receive = {};  // where the target sends what it takes
  bool receive_late = false;  // listen only once all is sent: until then the target's peer is away
  std::chrono::milliseconds settle{10'000};  // how long nothing new must come until it is all
};

/// How far it is.
struct Progress {
  double seconds = 0;     // since the start
  uint64_t answered = 0;  // spans
  uint64_t arrived = 0;   // spans, if there is a receiver
};

/// What one connection saw, or all of them.
struct Tally {
  explicit Tally(size_t sampled_traces) : traces(sampled_traces) {}
  void merge(const Tally& other);

  uint64_t accepted = 0, refused = 0;  // spans
  uint64_t bytes = 0;                  // of messages, before compression
  double behind = 0;                   // seconds that a request was sent after it was due, the most
  std::vector<float> answers_ms;       // from when a request was due, or sent if it was not paced
  TraceSample traces;                  // of accepted requests
  std::string problem;                 // the first reason for a refusal
};

/// What happened, in the end.
struct Report {
  Tally tally;         // answers_ms ascending
  double seconds = 0;  // until the last answer
  Arrivals::Counts arrivals = {};
  uint64_t malformed = 0;            // requests that arrived and were no OTLP
  double last_arrival_seconds = 0;   // since the start
  std::string receive_problem = {};  // why it could not listen late
};

/// One run: threads that send, a server that receives. Two runs with the same seed, spans and
/// connections send the same traces. Used by one thread.
class Load {
 public:
  /// Listens, if there is something to receive and not late. Fails with kInvalid for options that
  /// make no sense together, kIo when it cannot listen.
  static Result<std::unique_ptr<Load>> create(Options options);
  /// As stop(), and waits for the answers.
  ~Load();

  /// Begins to send. Once.
  void begin();

  /// Sends no more; what is on its way is still waited for, but not what has not arrived.
  void stop();

  /// Whether every span was answered and, with a receiver, nothing has come for the time to settle;
  /// for a second, if everything has arrived.
  bool done() const;

  Progress progress() const;

  /// Once it is done().
  Report report();

 private:
  using SteadyClock = std::chrono::steady_clock;

  explicit Load(Options options);
  Result<void> prepare_receiver();
  Result<void> start_receiver();
  Result<void> create_senders();
  void run_connection(Sender& sender, size_t connection);
  void end_connection();
  UnixNanos pretended_time(uint64_t at) const;
  SteadyClock::time_point wait_until_due(uint64_t at, Tally& tally) const;

  Options options_;
  std::unique_ptr<Arrivals> arrivals_;
  std::unique_ptr<Receiver> receiver_;
  SteadyClock::time_point began_;
  UnixNanos began_at_ = 0;
  std::atomic<uint64_t> answered_ = 0;
  std::atomic<size_t> sending_ = 0;               // connections that have not ended
  std::atomic<size_t> unsent_ = 0;                // connections that have something to send
  std::string receive_problem_;                   // written before sending_ is 0
  std::atomic<SteadyClock::time_point> sent_at_;  // when the last connection ended
  std::atomic<bool> sends_no_more_ = false, stopped_early_ = false;
  std::vector<Tally> tallies_;  // by connection
  std::vector<std::unique_ptr<Sender>> senders_;
  std::vector<std::jthread> connections_;
};

}  // namespace clew::load
