#include "main/agent_health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "otlp/testing.h"

namespace clew {
namespace {

using namespace std::chrono_literals;
using opamp::ComponentHealth;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const ComponentHealth& part(const ComponentHealth& of, std::string_view name) {
  for (const auto& [each, health] : of.parts)
    if (each == name) return health;
  ADD_FAILURE() << "there is no part " << name;
  return of;
}

/// An agent with the exporters "otlp", whose other side may be away, and "file".
class AgentHealthTest : public ::testing::Test {
 protected:
  agent::Exporters open() {
    agent::ExporterOptions quick{.queue = {.max_bytes = 4096, .batch = {.batch_timeout = 1ms}},
                                 .retry = {.initial_interval = 1ms, .max_interval = 1ms}};
    agent::ExporterOptions large = quick;
    large.queue.max_bytes = 1 << 20;
    auto send = [this](otlp::Signal, const Tenant&, const SharedBytes&, auto done) {
      done(away_ ? fail(Code::kUnavailable, "connection refused") : Result<void>());
    };
    auto write = [](otlp::Signal, const Tenant&, const SharedBytes&, auto done) { done({}); };
    return agent::Exporters::open({{.name = "otlp", .options = quick, .send = send},
                                   {.name = "file", .options = large, .send = write}},
                                  {})
        .value();
  }
  void send_a_span() {
    auto request = otlp::testing::request_bytes({{.name = "x"}});
    exporters_.enqueue(otlp::Signal::kTraces, Tenant(), SharedBytes::take(request), 1, [](auto) {});
  }
  /// The health once `of` it is true.
  ComponentHealth when(const std::function<bool(const ComponentHealth&)>& of) {
    for (int i = 0; i < 2000; ++i) {
      ComponentHealth health = health_.now();
      if (of(health)) return health;
      std::this_thread::sleep_for(5ms);
    }
    ADD_FAILURE() << "it did not come true";
    return {};
  }

  std::atomic<bool> away_ = false;
  std::atomic<double> queued_ = 0;
  AgentConfig config_;
  agent::Exporters exporters_ = open();
  agent::Pressure pressure_{[this] { return agent::Pressure::Fullness{.queued = queued_}; }, true};
  AgentHealth health_{config_, exporters_, pressure_};
};

TEST_F(AgentHealthTest, IsHealthyWithAllItsParts) {
  ComponentHealth health = health_.now();
  EXPECT_TRUE(health.healthy);
  EXPECT_THAT(health.last_error, IsEmpty());
  EXPECT_NE(health.started, 0u);
  EXPECT_EQ(part(part(health, "receivers"), "otlp/grpc").status, "at 127.0.0.1:4317");
  EXPECT_EQ(part(part(health, "exporters"), "otlp").status, "0 B of 4.0 KiB queued in memory");
  EXPECT_EQ(part(health, "memory").status, "enough is free");
  EXPECT_EQ(part(health, "sampling").status, "keeps every trace");
}

TEST_F(AgentHealthTest, SaysWhichExporterFailsAndSinceWhen) {
  away_ = true;
  UnixNanos before = Clock::system().now();
  send_a_span();
  ComponentHealth health = when([](const auto& now) { return !now.healthy; });
  EXPECT_EQ(health.last_error, "exporters: otlp: connection refused");
  const ComponentHealth& exporter = part(part(health, "exporters"), "otlp");
  EXPECT_FALSE(exporter.healthy);
  EXPECT_EQ(exporter.last_error, "connection refused");
  EXPECT_GE(exporter.status_time, before);
  EXPECT_TRUE(part(part(health, "exporters"), "file").healthy);
  away_ = false;
  EXPECT_TRUE(when([](const auto& now) { return now.healthy; }).last_error.empty());
}

TEST_F(AgentHealthTest, SaysThatAQueueIsFull) {
  away_ = true;
  for (int i = 0; i < 200; ++i) send_a_span();
  ComponentHealth health = when([](const auto& now) {
    return part(part(now, "exporters"), "otlp").last_error.starts_with("the queue is full");
  });
  EXPECT_THAT(health.last_error, HasSubstr("otlp: the queue is full, so spans are refused"));
  EXPECT_TRUE(part(health, "receivers").healthy);  // the other one takes them
}

TEST_F(AgentHealthTest, SaysWhatMemoryCosts) {
  queued_ = 0.6;
  ComponentHealth health = health_.now();
  EXPECT_TRUE(health.healthy);
  EXPECT_EQ(part(health, "memory").status, "more than half full");
  queued_ = 0.875;
  health = health_.now();
  EXPECT_FALSE(health.healthy);
  EXPECT_THAT(part(health, "memory").last_error, HasSubstr("1 in 2 goes on"));
}

TEST_F(AgentHealthTest, SaysWhatTheConfigurationMakesOfIt) {
  agent::SamplingConfig sampling{.percentage = 10, .rate_limiting = {{.spans_per_second = 500}}};
  sampling.rules.resize(1);
  health_.set_sampling(sampling);
  health_.reloaded(fail(Code::kInvalid, "agent.yaml:3: no"));
  ComponentHealth health = health_.now();
  EXPECT_EQ(
      part(health, "sampling").status,
      "keeps 10 % of traces, and of those that 1 rule fits what it says; at most 500 spans/s");
  EXPECT_EQ(health.last_error, "configuration: agent.yaml:3: no");
  health_.reloaded({});
  EXPECT_TRUE(health_.now().healthy);
}

}  // namespace
}  // namespace clew
