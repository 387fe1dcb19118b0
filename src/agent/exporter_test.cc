#include "agent/exporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "agent/agent.h"
#include "otlp/testing.h"

namespace clew::agent {
namespace {

using namespace std::chrono_literals;
using namespace otlp::testing;

SteadyTime soon() {
  return std::chrono::steady_clock::now() + 10s;
}

/// A store that can be away: remembers what it accepted.
class FakeStore {
 public:
  Send send() {
    return [this](otlp::Signal, const Tenant& tenant, SharedBytes request, auto done) {
      ++calls;
      if (failures_left > 0) {
        --failures_left;
        return done(std::unexpected(Error{failure, "away"}));
      }
      std::lock_guard lock(mutex);
      auto batch = otlp::Batch::index(request);
      for (const otlp::SpanRef& ref : batch->spans())
        spans.emplace_back(tenant.name(), batch->decode(ref).name);
      done({});
    };
  }

  std::atomic<int> calls = 0;
  std::atomic<int> failures_left = 0;
  Code failure = Code::kUnavailable;
  std::mutex mutex;
  std::vector<std::pair<std::string, std::string>> spans;
};

ExporterOptions quick() {
  return {.queue = {.batch_timeout = 1ms}, .retry = {.initial_interval = 1ms}};
}

SharedBytes request(const std::string& name) {
  return SharedBytes::take(request_bytes({{.name = name}}));
}

TEST(Exporter, DeliversWhatWasQueued) {
  FakeStore store;
  Exporter exporter(quick(), store.send());
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(
        exporter.enqueue(otlp::Signal::kTraces, Tenant(), request("s" + std::to_string(i)), 1)
            .has_value());
  EXPECT_EQ(exporter.drain(soon()), 0u);
  EXPECT_EQ(store.spans.size(), 100u);
  EXPECT_LT(store.calls, 100);  // batched
}

TEST(Exporter, SendsAgainUntilTheStoreIsBack) {
  FakeStore store;
  store.failures_left = 5;
  Exporter exporter(quick(), store.send());
  ASSERT_TRUE(exporter.enqueue(otlp::Signal::kTraces, Tenant(), request("late"), 1).has_value());
  EXPECT_EQ(exporter.drain(soon()), 0u);
  EXPECT_EQ(store.spans.size(), 1u);
  EXPECT_EQ(store.calls, 6);
}

TEST(Exporter, DoesNotRepeatWhatWasRefusedForGood) {
  FakeStore store;
  store.failures_left = 1;
  store.failure = Code::kMalformed;
  Exporter exporter(quick(), store.send());
  ASSERT_TRUE(exporter.enqueue(otlp::Signal::kTraces, Tenant(), request("bad"), 1).has_value());
  EXPECT_EQ(exporter.drain(soon()), 0u);
  EXPECT_EQ(store.spans.size(), 0u);
  EXPECT_EQ(store.calls, 1);
}

TEST(Exporter, TenantsAreNotMixed) {
  FakeStore store;
  Exporter exporter(quick(), store.send());
  ASSERT_TRUE(
      exporter.enqueue(otlp::Signal::kTraces, *Tenant::parse("a"), request("of a"), 1).has_value());
  ASSERT_TRUE(
      exporter.enqueue(otlp::Signal::kTraces, *Tenant::parse("b"), request("of b"), 1).has_value());
  EXPECT_EQ(exporter.drain(soon()), 0u);
  EXPECT_EQ(store.spans,
            (std::vector<std::pair<std::string, std::string>>{{"a", "of a"}, {"b", "of b"}}));
}

TEST(Exporter, DrainingDoesNotHammerAStoreThatIsAway) {
  FakeStore store;
  store.failures_left = 1'000'000;
  ExporterOptions options = quick();
  options.retry = {.initial_interval = 50ms, .max_interval = 50ms, .randomization = 0};
  Exporter exporter(options, store.send());
  ASSERT_TRUE(exporter.enqueue(otlp::Signal::kTraces, Tenant(), request("late"), 1).has_value());
  EXPECT_EQ(exporter.drain(std::chrono::steady_clock::now() + 300ms), 1u);
  EXPECT_GE(store.calls, 1);
  EXPECT_LE(store.calls, 10);
}

TEST(Exporter, SaysWhenItRefuses) {
  FakeStore store;
  SharedBytes one = request("x");
  ExporterOptions options = quick();
  options.queue.max_bytes = one.size();
  store.failures_left = 1'000'000;
  Exporter exporter(options, store.send());
  ASSERT_TRUE(exporter.enqueue(otlp::Signal::kTraces, Tenant(), one, 1).has_value());
  EXPECT_FALSE(exporter.refuses());
  ASSERT_FALSE(exporter.enqueue(otlp::Signal::kTraces, Tenant(), one, 1).has_value());
  EXPECT_TRUE(exporter.refuses());
}

TEST(Exporter, AnAnswerAfterItIsGoneIsIgnored) {
  std::move_only_function<void(Result<void>)> pending;
  std::atomic<bool> taken = false;
  {
    Exporter exporter(quick(), [&](otlp::Signal, const Tenant&, SharedBytes, auto done) {
      pending = std::move(done);
      taken = true;
    });
    ASSERT_TRUE(exporter.enqueue(otlp::Signal::kTraces, Tenant(), request("slow"), 1).has_value());
    while (!taken) std::this_thread::yield();
  }
  pending({});
}

TEST(Queue, RefusesPastItsBoundAndTakesAgainWhenFreed) {
  SharedBytes one = request("x");
  Queue queue({.max_bytes = 2 * one.size()});
  SteadyTime now{};
  EXPECT_TRUE(queue.push(otlp::Signal::kTraces, Tenant(), one, 1, now).has_value());
  EXPECT_TRUE(queue.push(otlp::Signal::kTraces, Tenant(), one, 1, now).has_value());
  EXPECT_EQ(queue.push(otlp::Signal::kTraces, Tenant(), one, 1, now).error().code,
            Code::kUnavailable);
  auto batch = queue.pop(now, /*flush=*/true);
  ASSERT_TRUE(batch.has_value());
  EXPECT_EQ(queue.push(otlp::Signal::kTraces, Tenant(), one, 1, now).error().code,
            Code::kUnavailable);  // in flight
  queue.done(*batch);
  EXPECT_TRUE(queue.push(otlp::Signal::kTraces, Tenant(), one, 1, now).has_value());
}

TEST(Queue, RefusesForGoodWhatCanNeverFit) {
  SharedBytes one = request("x");
  Queue queue({.max_bytes = one.size() - 1});
  EXPECT_EQ(queue.push(otlp::Signal::kTraces, Tenant(), one, 1, {}).error().code, Code::kTooLarge);
}

TEST(Queue, WaitsForTheTimeoutOrTheSize) {
  SharedBytes one = request("x");
  Queue queue({.batch_bytes = 2 * one.size(), .batch_timeout = 10ms});
  SteadyTime start{};
  ASSERT_TRUE(queue.push(otlp::Signal::kTraces, Tenant(), one, 1, start).has_value());
  EXPECT_FALSE(queue.pop(start + 9ms, false).has_value());
  EXPECT_EQ(queue.ready_at(), start + 10ms);
  ASSERT_TRUE(queue.push(otlp::Signal::kTraces, Tenant(), one, 1, start).has_value());
  auto batch = queue.pop(start, false);
  ASSERT_TRUE(batch.has_value());
  EXPECT_EQ(batch->spans, 2u);
  EXPECT_TRUE(queue.empty());
}

TEST(RetryDelay, GrowsToItsBoundAndHonoursTheOtherSide) {
  RetryOptions options{.initial_interval = 1s, .max_interval = 4s, .multiplier = 2};
  Error plain{Code::kUnavailable, ""};
  EXPECT_EQ(retry_delay(options, 1, 0.5, plain), 1s);
  EXPECT_EQ(retry_delay(options, 2, 0.5, plain), 2s);
  EXPECT_EQ(retry_delay(options, 9, 0.5, plain), 4s);
  EXPECT_EQ(retry_delay(options, 1, 0.0, plain), 500ms);
  EXPECT_EQ(retry_delay(options, 1, 0.5, {Code::kUnavailable, "", 30s}), 30s);
}

TEST(Agent, LogsAndMetricsGoToTheirOwnServices) {
  std::mutex mutex;
  std::vector<otlp::Signal> sent;
  Agent agent({.place = {.datacenter = "fra1"}}, quick(),
              [&](otlp::Signal signal, const Tenant&, const SharedBytes& request, auto done) {
                {
                  std::lock_guard lock(mutex);
                  sent.push_back(signal);
                }
                EXPECT_NE(request.view().find("fra1"), std::string_view::npos);
                done({});
              });
  for (otlp::Signal signal : {otlp::Signal::kLogs, otlp::Signal::kMetrics}) {
    // One log record with an empty body; the same bytes are a gauge with an empty point.
    std::string_view one("\x0A\x08\x12\x06\x12\x04\x2A\x02\x0A\x00", 10);
    auto payload = otlp::Payload::check(signal, SharedBytes::copy(one));
    ASSERT_TRUE(payload.has_value());
    agent.accept(Tenant(), *payload, [](Result<void> taken) { EXPECT_TRUE(taken.has_value()); });
  }
  EXPECT_EQ(agent.drain(soon()), 0u);
  EXPECT_THAT(sent, ::testing::UnorderedElementsAre(otlp::Signal::kLogs, otlp::Signal::kMetrics));
}

TEST(Agent, StampsItsPlaceOnTheWay) {
  SharedBytes sent;
  Agent agent({.place = {.datacenter = "fra1"}}, quick(),
              [&](otlp::Signal, const Tenant&, SharedBytes request, auto done) {
                sent = request;
                done({});
              });
  bool acknowledged = false;
  agent.accept(Tenant(), batch_of({{}}), [&](Result<void> r) { acknowledged = r.has_value(); });
  EXPECT_TRUE(acknowledged);
  EXPECT_EQ(agent.drain(soon()), 0u);
  auto batch = otlp::Batch::index(sent);
  EXPECT_EQ(batch->resources()[0].attributes().find("clew.datacenter")->text(), "fra1");
}

}  // namespace
}  // namespace clew::agent
