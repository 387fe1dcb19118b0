// Following traces as their spans are stored.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/tenant.h"
#include "otlp/batch.h"
#include "query/engine.h"
#include "query/summary.h"
#include "store/filter.h"

namespace clew::query {

/// Who follows, as the tail sees it. All is called on the tail's thread and must not block.
class Follower {
 public:
  virtual ~Follower() = default;

  /// True once nobody listens any more; it is let go then.
  virtual bool is_gone() const = 0;
  /// True while it has not taken what it was told before: nothing is told meanwhile.
  virtual bool is_full() const = 0;
  virtual void tell(const TraceSummary& trace) = 0;
  /// So many traces that matched were not told since this was called last.
  virtual void tell_dropped(uint64_t traces) = 0;
  /// There was nothing to tell for a while.
  virtual void tell_alive() = 0;
};

struct TailOptions {
  /// From a trace's first span that matches until it is told: a request brings some spans of a
  /// trace, and the others come within moments.
  std::chrono::milliseconds settle{1000};
  std::chrono::milliseconds alive_every{10'000};
  std::chrono::milliseconds dropped_every{1000};
  size_t max_followers = 64;
  /// Requests that wait to be looked at, as Batch::memory_bytes() counts.
  size_t queue_bytes = 32 << 20;
};

/// Tells followers of traces with new spans that match their filters. It never holds up who stores:
/// what comes faster than it can look at it, or than a follower takes, is counted as dropped. While
/// nobody follows it costs one look at a number. Any thread may call any method.
class Tail {
 public:
  /// The engine must outlive it.
  explicit Tail(Engine& engine, TailOptions options = {});
  ~Tail();
  Tail(const Tail&) = delete;
  Tail& operator=(const Tail&) = delete;

  /// Adds a follower of at most `rate` traces a second; `make` is called only if it is let in.
  /// Fails with kInvalid on a wrong filter, with kUnavailable past TailOptions::max_followers and
  /// after stop(). Times of the filter are compared with the spans', as in a search. With `only`,
  /// it is told of that trace alone, by either form of its ID (store::is_same_trace).
  Result<void> follow(const Tenant& tenant, const store::Filter& filter, uint64_t rate,
                      const std::function<std::unique_ptr<Follower>()>& make,
                      const std::optional<TraceId>& only = std::nullopt);

  /// Whether it is worth calling offer().
  bool has_followers() const { return follower_count_ > 0; }
  /// A batch that is stored, so that a query finds it.
  void offer(const Tenant& tenant, const otlp::Batch& batch);

  /// Lets all followers go and takes no others.
  void stop();

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Following;
  struct Offered {
    Tenant tenant;
    otlp::Batch batch;
  };

  void run();
  void look_at(const Offered& offered);
  void tell_what_is_due(Time now);
  Time next_wake(Time now) const;

  Engine& engine_;
  const TailOptions options_;
  std::atomic<size_t> follower_count_ = 0;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Offered> queue_;
  size_t queued_bytes_ = 0;
  std::map<Tenant, uint64_t> unseen_;  // traces of batches for which there was no room
  std::set<Tenant> tenants_;           // that are followed
  std::vector<std::unique_ptr<Following>> arrived_;  // not yet known to the thread
  bool stopped_ = false;

  std::vector<std::unique_ptr<Following>> following_;  // the thread's alone
  std::thread thread_;
};

}  // namespace clew::query
