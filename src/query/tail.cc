#include "query/tail.h"

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_set>
#include <utility>

#include "base/metrics.h"
#include "base/thread_name.h"
#include "store/trace_id.h"

namespace clew::query {
namespace {

/// How often is looked whether somebody has gone.
constexpr std::chrono::milliseconds kTick{250};
/// Traces of one follower whose time has not come, with those that are over its rate: past it they
/// are counted without being remembered, so that one may count twice.
constexpr size_t kPendingTraces = 10'000;

/// How many traces the batch has at most: spans of one mostly stand together.
uint64_t traces_in(const otlp::Batch& batch) {
  uint64_t traces = 0;
  const TraceId* last = nullptr;
  for (const otlp::SpanRef& ref : batch.spans()) {
    if (!last || *last != ref.trace_id) ++traces;
    last = &ref.trace_id;
  }
  return traces;
}

}  // namespace

/// One follower and what it is owed.
struct Tail::Following {
  struct Pending {
    TraceId id;
    Time due;
    bool is_dropped;
  };

  Following(Tenant of, store::Query asked, const std::optional<TraceId>& alone, uint64_t per_second,
            std::unique_ptr<Follower> who)
      : tenant(std::move(of)),
        query(std::move(asked)),
        only(alone),
        rate(static_cast<double>(per_second)),
        follower(std::move(who)) {}

  /// Whether one more may be told at `now`: a bucket that holds the traces of a second.
  bool admits(Time now) {
    std::chrono::duration<double> since = now - filled;
    filled = now;
    tokens = std::min(rate, tokens + since.count() * rate);
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  }

  void match(const TraceId& id, Time now, std::chrono::milliseconds settle) {
    if (known.contains(id)) return;
    bool is_dropped = !admits(now);
    if (is_dropped) ++dropped;
    if (is_dropped && pending.size() >= kPendingTraces) return;
    known.insert(id);
    pending.push_back({id, now + settle, is_dropped});
  }

  bool is_asked_for(const TraceSummary& trace) const {
    const store::Filter& filter = query.filter();
    return trace.duration >= filter.min_trace_duration.value_or(0) &&
           trace.duration <= filter.max_trace_duration.value_or(UINT64_MAX);
  }

  Tenant tenant;
  store::Query query;
  std::optional<TraceId> only;
  double rate;
  std::unique_ptr<Follower> follower;

  std::deque<Pending> pending;  // earliest first
  std::unordered_set<TraceId, IdHash> known;
  double tokens = rate;
  Time filled = std::chrono::steady_clock::now();
  uint64_t dropped = 0;
  Time told = filled;
  Time told_dropped = filled;
};

Tail::Tail(Engine& engine, TailOptions options) : engine_(engine), options_(options) {}

Tail::~Tail() {
  stop();
}

Result<void> Tail::follow(const Tenant& tenant, const store::Filter& filter, uint64_t rate,
                          const std::function<std::unique_ptr<Follower>()>& make,
                          const std::optional<TraceId>& only) {
  auto query = Engine::compile(filter);
  if (!query) return std::unexpected(query.error());
  std::lock_guard lock(mutex_);
  if (stopped_) return fail(Code::kUnavailable, "the server is stopping");
  if (follower_count_ >= options_.max_followers) {
    metrics::count_limit_hit("tail_followers");
    return fail(Code::kUnavailable, "{} follow already, which is as many as may",
                options_.max_followers);
  }
  arrived_.push_back(std::make_unique<Following>(tenant, *std::move(query), only, rate, make()));
  tenants_.insert(tenant);
  ++follower_count_;
  // Whoever never follows has no thread for it.
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  wake_.notify_one();
  return {};
}

void Tail::offer(const Tenant& tenant, const otlp::Batch& batch) {
  if (!has_followers()) return;
  std::lock_guard lock(mutex_);
  if (stopped_ || !tenants_.contains(tenant)) return;
  size_t bytes = batch.memory_bytes();
  if (queued_bytes_ > 0 && queued_bytes_ + bytes > options_.queue_bytes) {
    metrics::count_limit_hit("tail_queue_bytes");
    unseen_[tenant] += traces_in(batch);
    return;
  }
  queued_bytes_ += bytes;
  queue_.push_back({tenant, batch});
  wake_.notify_one();
}

void Tail::stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
  std::lock_guard lock(mutex_);
  arrived_.clear();
  following_.clear();
  queue_.clear();
  follower_count_ = 0;
}

void Tail::run() {
  name_thread("clew-tail");
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    Time until = next_wake(std::chrono::steady_clock::now());
    wake_.wait_until(lock, until, [&] { return stopped_ || !queue_.empty() || !arrived_.empty(); });
    std::deque<Offered> offered = std::exchange(queue_, {});
    std::map<Tenant, uint64_t> unseen = std::exchange(unseen_, {});
    for (auto& one : std::exchange(arrived_, {})) following_.push_back(std::move(one));
    lock.unlock();

    for (auto& one : following_)
      if (auto found = unseen.find(one->tenant); found != unseen.end())
        one->dropped += found->second;
    for (const Offered& each : offered) look_at(each);
    tell_what_is_due(std::chrono::steady_clock::now());
    std::erase_if(following_, [](const auto& one) { return one->follower->is_gone(); });
    size_t done = 0;
    for (const Offered& each : offered) done += each.batch.memory_bytes();
    offered.clear();

    lock.lock();
    queued_bytes_ -= done;
    follower_count_ = following_.size() + arrived_.size();
    tenants_.clear();
    for (const auto& one : following_) tenants_.insert(one->tenant);
    for (const auto& one : arrived_) tenants_.insert(one->tenant);
  }
}

/// Without followers only a new one has something to wait for.
Tail::Time Tail::next_wake(Time now) const {
  if (following_.empty()) return now + std::chrono::hours(1);
  Time wake = now + kTick;
  for (const auto& one : following_)
    if (!one->pending.empty()) wake = std::min(wake, one->pending.front().due);
  return wake;
}

void Tail::look_at(const Offered& offered) {
  Time now = std::chrono::steady_clock::now();
  for (const auto& one : following_) {
    if (one->tenant != offered.tenant) continue;
    store::SpanMatcher matcher(one->query, offered.batch);
    for (const otlp::SpanRef& ref : offered.batch.spans()) {
      if (one->only && !store::is_same_trace(*one->only, ref.trace_id)) continue;
      if (matcher.matches(ref)) one->match(ref.trace_id, now, options_.settle);
    }
  }
}

void Tail::tell_what_is_due(Time now) {
  // Several often follow the same.
  std::map<std::pair<Tenant, TraceId>, std::optional<TraceSummary>> summaries;
  for (const auto& one : following_) {
    Follower& follower = *one->follower;
    while (!one->pending.empty() && one->pending.front().due <= now) {
      Following::Pending next = one->pending.front();
      one->pending.pop_front();
      one->known.erase(next.id);
      if (next.is_dropped || follower.is_gone()) continue;
      if (follower.is_full()) {
        ++one->dropped;
        continue;
      }
      auto [at, is_new] = summaries.try_emplace({one->tenant, next.id});
      if (is_new) at->second = engine_.summary(one->tenant, next.id);
      // Without: retention was faster.
      if (!at->second || !one->is_asked_for(*at->second)) continue;
      follower.tell(*at->second);
      one->told = now;
    }
    if (follower.is_gone() || follower.is_full()) continue;
    if (one->dropped > 0 && now - one->told_dropped >= options_.dropped_every) {
      follower.tell_dropped(std::exchange(one->dropped, 0));
      one->told = one->told_dropped = now;
    }
    if (now - one->told < options_.alive_every) continue;
    follower.tell_alive();
    one->told = now;
  }
}

}  // namespace clew::query
