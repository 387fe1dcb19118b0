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
  return {.queue = {.batch = {.batch_timeout = 1ms}}, .retry = {.initial_interval = 1ms}};
}

std::unique_ptr<Exporter> exporter_to(FakeStore& store, const ExporterOptions& options = quick()) {
  return Exporter::open(options, store.send()).value();
}

/// Queues a request in memory, where the answer is there at once.
Result<void> enqueue(Exporter& exporter, SharedBytes bytes, const Tenant& tenant = Tenant()) {
  Result<void> queued = fail(Code::kIo, "no answer");
  exporter.enqueue({.tenant = tenant, .bytes = std::move(bytes), .items = 1},
                   [&](Result<void> result) { queued = std::move(result); });
  return queued;
}

SharedBytes request(const std::string& name) {
  return SharedBytes::take(request_bytes({{.name = name}}));
}

TEST(Exporter, DeliversWhatWasQueued) {
  FakeStore store;
  auto exporter = exporter_to(store);
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(enqueue(*exporter, request("s" + std::to_string(i))).has_value());
  EXPECT_EQ(exporter->drain(soon()), 0u);
  EXPECT_EQ(store.spans.size(), 100u);
  EXPECT_LT(store.calls, 100);  // batched
}

TEST(Exporter, SendsAgainUntilTheStoreIsBack) {
  FakeStore store;
  store.failures_left = 5;
  auto exporter = exporter_to(store);
  ASSERT_TRUE(enqueue(*exporter, request("late")).has_value());
  EXPECT_EQ(exporter->drain(soon()), 0u);
  EXPECT_EQ(store.spans.size(), 1u);
  EXPECT_EQ(store.calls, 6);
}

TEST(Exporter, DoesNotRepeatWhatWasRefusedForGood) {
  FakeStore store;
  store.failures_left = 1;
  store.failure = Code::kMalformed;
  auto exporter = exporter_to(store);
  ASSERT_TRUE(enqueue(*exporter, request("bad")).has_value());
  EXPECT_EQ(exporter->drain(soon()), 0u);
  EXPECT_EQ(store.spans.size(), 0u);
  EXPECT_EQ(store.calls, 1);
}

TEST(Exporter, TenantsAreNotMixed) {
  FakeStore store;
  auto exporter = exporter_to(store);
  ASSERT_TRUE(enqueue(*exporter, request("of a"), *Tenant::parse("a")).has_value());
  ASSERT_TRUE(enqueue(*exporter, request("of b"), *Tenant::parse("b")).has_value());
  EXPECT_EQ(exporter->drain(soon()), 0u);
  EXPECT_EQ(store.spans,
            (std::vector<std::pair<std::string, std::string>>{{"a", "of a"}, {"b", "of b"}}));
}

TEST(Exporter, DrainingDoesNotHammerAStoreThatIsAway) {
  FakeStore store;
  store.failures_left = 1'000'000;
  ExporterOptions options = quick();
  options.retry = {.initial_interval = 50ms, .max_interval = 50ms, .randomization = 0};
  auto exporter = exporter_to(store, options);
  ASSERT_TRUE(enqueue(*exporter, request("late")).has_value());
  EXPECT_EQ(exporter->drain(std::chrono::steady_clock::now() + 300ms), 1u);
  EXPECT_GE(store.calls, 1);
  EXPECT_LE(store.calls, 10);
}

TEST(Exporter, SaysWhenItRefuses) {
  FakeStore store;
  SharedBytes one = request("x");
  ExporterOptions options = quick();
  options.queue.max_bytes = one.size();
  store.failures_left = 1'000'000;
  auto exporter = exporter_to(store, options);
  ASSERT_TRUE(enqueue(*exporter, one).has_value());
  EXPECT_FALSE(exporter->refuses());
  ASSERT_FALSE(enqueue(*exporter, one).has_value());
  EXPECT_TRUE(exporter->refuses());
}

TEST(Exporter, SaysSinceWhenItFailsAndWhy) {
  FakeStore store;
  store.failures_left = 1'000'000;
  ExporterOptions options = quick();
  options.queue.max_bytes = 5000;
  auto exporter = exporter_to(store, options);
  EXPECT_FALSE(exporter->status().failing_since);
  UnixNanos before = Clock::system().now();
  SharedBytes one = request("x");
  ASSERT_TRUE(enqueue(*exporter, one).has_value());
  while (!exporter->status().failing_since) std::this_thread::sleep_for(1ms);
  ExporterStatus status = exporter->status();
  EXPECT_GE(*status.failing_since, before);
  EXPECT_EQ(status.last_error, "away");
  EXPECT_EQ(status.queued_bytes, one.size());
  EXPECT_EQ(status.max_bytes, 5000u);
  EXPECT_FALSE(status.on_disk || status.refuses);
  store.failures_left = 0;
  EXPECT_EQ(exporter->drain(soon()), 0u);
  EXPECT_FALSE(exporter->status().failing_since);
  EXPECT_EQ(exporter->status().last_error, "");
}

TEST(Exporter, AnAnswerAfterItIsGoneIsIgnored) {
  std::move_only_function<void(Result<void>)> pending;
  std::atomic<bool> taken = false;
  {
    auto send = [&](otlp::Signal, const Tenant&, SharedBytes, auto done) {
      pending = std::move(done);
      taken = true;
    };
    auto exporter = Exporter::open(quick(), send).value();
    ASSERT_TRUE(enqueue(*exporter, request("slow")).has_value());
    while (!taken) std::this_thread::yield();
  }
  pending({});
}

TEST(RetryDelay, GrowsToItsBoundAndHonoursTheOtherSide) {
  RetryOptions options{.initial_interval = 1s, .max_interval = 4s, .multiplier = 2};
  Error plain{Code::kUnavailable, ""};
  EXPECT_EQ(retry_delay(options, 1, 0.5, plain), 1s);
  EXPECT_EQ(retry_delay(options, 2, 0.5, plain), 2s);
  EXPECT_EQ(retry_delay(options, 9, 0.5, plain), 4s);
  EXPECT_EQ(retry_delay(options, 1, 0.0, plain), 500ms);
  EXPECT_EQ(retry_delay(options, 1, 0.5, {Code::kUnavailable, "", 30s}), 30s);
  EXPECT_EQ(retry_delay(options, 1, 0.5, {Code::kUnavailable, "", 5min}), 5min);
  EXPECT_EQ(retry_delay(options, 1, 0.5, {Code::kUnavailable, "", 6h}), 5min);
}

TEST(Agent, LogsAndMetricsGoToTheirOwnServices) {
  std::mutex mutex;
  std::vector<otlp::Signal> sent;
  auto send = [&](otlp::Signal signal, const Tenant&, const SharedBytes& request, auto done) {
    {
      std::lock_guard lock(mutex);
      sent.push_back(signal);
    }
    EXPECT_NE(request.view().find("fra1"), std::string_view::npos);
    done({});
  };
  SamplingStage everything;
  auto exporters = Exporters::open({{"otlp", quick(), send}}, {}).value();
  Agent agent(everything, nullptr, {.place = {.datacenter = "fra1"}}, exporters);
  for (otlp::Signal signal : {otlp::Signal::kLogs, otlp::Signal::kMetrics}) {
    // One log record with an empty body; the same bytes are a gauge with an empty point.
    std::string_view one("\x0A\x08\x12\x06\x12\x04\x2A\x02\x0A\x00", 10);
    auto payload = otlp::Payload::check(signal, SharedBytes::copy(one));
    ASSERT_TRUE(payload.has_value());
    agent.accept(Tenant(), *payload, [](Result<void> taken) { EXPECT_TRUE(taken.has_value()); });
  }
  EXPECT_TRUE(agent.drain(soon()).empty());
  EXPECT_THAT(sent, ::testing::UnorderedElementsAre(otlp::Signal::kLogs, otlp::Signal::kMetrics));
}

TEST(Agent, StampsItsPlaceOnTheWay) {
  SharedBytes sent;
  Send send = [&](otlp::Signal, const Tenant&, SharedBytes request, auto done) {
    sent = request;
    done({});
  };
  SamplingStage everything;
  auto exporters = Exporters::open({{"otlp", quick(), send}}, {}).value();
  Agent agent(everything, nullptr, {.place = {.datacenter = "fra1"}}, exporters);
  bool acknowledged = false;
  agent.accept(Tenant(), batch_of({{}}), [&](Result<void> r) { acknowledged = r.has_value(); });
  EXPECT_TRUE(acknowledged);
  EXPECT_TRUE(agent.drain(soon()).empty());
  auto batch = otlp::Batch::index(sent);
  EXPECT_EQ(batch->resources()[0].attributes().find("clew.datacenter")->text(), "fra1");
}

TEST(Agent, CountsTheSpansItAcceptsAndNotThoseItRefuses) {
  otlp::Batch batch = batch_of({{.span = 1}, {.span = 2}});
  ExporterOptions options = quick();
  options.queue.max_bytes = batch.bytes().size() + 10;  // a second request has no room
  FakeStore store;
  store.failures_left = 1'000'000;  // and the first stays
  Observer observer({.span_metrics = SpanMetricsOptions{.histogram = false}});
  SamplingStage everything;
  auto exporters = Exporters::open({{"otlp", options, store.send()}}, {}).value();
  Agent agent(everything, &observer, {}, exporters);
  int accepted = 0, refused = 0;
  for (int i = 0; i < 3; ++i)
    agent.accept(Tenant(), batch, [&](Result<void> r) { ++(r ? accepted : refused); });
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(refused, 2);
  auto families = observer.collect(Temporality::kCumulative);
  ASSERT_EQ(families[0].points.size(), 1u);
  EXPECT_EQ(families[0].points[0].value, 2u);
}

}  // namespace
}  // namespace clew::agent
