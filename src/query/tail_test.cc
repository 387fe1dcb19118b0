#include "query/tail.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "store/testing.h"

namespace clew::query {
namespace {

using namespace std::chrono_literals;
using otlp::testing::SpanSpec;
using otlp::testing::trace_id;

struct OpenStore : store::testing::SimulatedStore {
  OpenStore() { CLEW_CHECK(open().has_value()); }
};

/// What one follower was told, kept beyond the follower.
struct Heard {
  std::mutex mutex;
  std::vector<TraceSummary> traces;
  uint64_t dropped = 0;
  int alive = 0;
  bool gone = false;
  bool full = false;
  bool let_go = false;

  void set(bool Heard::* flag) {
    std::lock_guard lock(mutex);
    this->*flag = true;
  }
};

class Listener final : public Follower {
 public:
  explicit Listener(std::shared_ptr<Heard> heard) : heard_(std::move(heard)) {}
  ~Listener() override { heard_->set(&Heard::let_go); }

  bool is_gone() const override { return locked()->gone; }
  bool is_full() const override { return locked()->full; }
  void tell(const TraceSummary& trace) override { locked()->traces.push_back(trace); }
  void tell_dropped(uint64_t traces) override { locked()->dropped += traces; }
  void tell_alive() override { ++locked()->alive; }

 private:
  /// What was heard, locked until the end of the expression.
  struct Locked {
    std::unique_lock<std::mutex> lock;
    Heard& heard;
    Heard* operator->() const { return &heard; }
  };
  Locked locked() const { return {std::unique_lock(heard_->mutex), *heard_}; }

  std::shared_ptr<Heard> heard_;
};

class TailTest : public ::testing::Test {
 protected:
  std::shared_ptr<Heard> follow(const store::Filter& filter, uint64_t rate = 100,
                                const std::optional<TraceId>& only = std::nullopt) {
    auto heard = std::make_shared<Heard>();
    auto followed = tail_.follow(
        Tenant(), filter, rate, [&] { return std::make_unique<Listener>(heard); }, only);
    EXPECT_TRUE(followed) << followed.error().message;
    return heard;
  }

  void store(const std::vector<SpanSpec>& spans, const Tenant& tenant = {}) {
    auto batch = otlp::testing::batch_of(spans);
    CLEW_CHECK(sim_.append(batch, tenant).has_value());
    tail_.offer(tenant, batch);
  }

  static bool becomes_true(Heard& heard, const std::function<bool()>& condition) {
    for (int i = 0; i < 1000; ++i) {
      {
        std::lock_guard lock(heard.mutex);
        if (condition()) return true;
      }
      std::this_thread::sleep_for(5ms);
    }
    return false;
  }

  OpenStore sim_;
  Engine engine_{*sim_.store};
  Tail tail_{engine_,
             {.settle = 300ms, .alive_every = 200ms, .dropped_every = 20ms, .max_followers = 2}};
};

TEST_F(TailTest, TellsOfTracesThatMatchWithAllTheirSpans) {
  EXPECT_FALSE(tail_.has_followers());
  auto heard = follow({.service = "shop"});
  EXPECT_TRUE(tail_.has_followers());
  store({{.trace = 1, .span = 1, .service = "edge"}});
  store({{.trace = 1, .span = 2, .parent = 1, .service = "shop"}});
  store({{.trace = 1, .span = 3, .parent = 2, .service = "shop"}});
  store({{.trace = 2, .service = "edge"}});
  store({{.trace = 3, .service = "shop"}}, *Tenant::parse("another"));
  store({{.trace = 4, .service = "shop"}});
  ASSERT_TRUE(becomes_true(*heard, [&] { return heard->traces.size() >= 2; }));
  EXPECT_EQ(heard->traces[0].id, trace_id(1));
  EXPECT_EQ(heard->traces[0].span_count, 3u);
  EXPECT_EQ(heard->traces[1].id, trace_id(4));
  store({{.trace = 1, .span = 4, .parent = 2, .service = "shop"}});
  ASSERT_TRUE(becomes_true(*heard, [&] { return heard->traces.size() >= 3; }));
  EXPECT_EQ(heard->traces[2].span_count, 4u);
}

TEST_F(TailTest, LooksAtTheDurationOfTheTrace) {
  auto heard = follow({.min_trace_duration = 100});
  store({{.trace = 1, .start = 1000, .duration = 99}});
  store({{.trace = 2, .start = 1000, .duration = 100}});
  ASSERT_TRUE(becomes_true(*heard, [&] { return !heard->traces.empty(); }));
  EXPECT_EQ(heard->traces[0].id, trace_id(2));
}

TEST_F(TailTest, FollowsOneTraceAlone) {
  auto whole = follow({}, 100, trace_id(2));
  store({{.trace = 1}, {.trace = 3}});
  store({{.trace = 2}});
  ASSERT_TRUE(becomes_true(*whole, [&] { return !whole->traces.empty(); }));
  EXPECT_EQ(whole->traces[0].id, trace_id(2));
  EXPECT_EQ(whole->dropped, 0u);
  store({{.trace = 3}, {.trace = 2, .span = 2}});
  ASSERT_TRUE(becomes_true(*whole, [&] { return whole->traces.size() == 2; }));
  EXPECT_EQ(whole->traces[1].span_count, 2u);
}

TEST_F(TailTest, CountsWhatIsOverTheRate) {
  auto heard = follow({}, 3);
  // The second span makes no second trace.
  for (uint64_t i = 1; i <= 10; ++i) store({{.trace = i, .span = 1}, {.trace = i, .span = 2}});
  ASSERT_TRUE(becomes_true(*heard, [&] { return heard->traces.size() + heard->dropped == 10; }));
  EXPECT_GE(heard->traces.size(), 3u);
  EXPECT_LT(heard->traces.size(), 10u);
}

TEST_F(TailTest, CountsWhatAFullFollowerWasNotTold) {
  auto heard = follow({});
  heard->set(&Heard::full);
  store({{.trace = 1}});
  store({{.trace = 2}});
  std::this_thread::sleep_for(700ms);
  {
    std::lock_guard lock(heard->mutex);
    EXPECT_EQ(heard->traces.size(), 0u);
    EXPECT_EQ(heard->dropped, 0u);
    heard->full = false;
  }
  EXPECT_TRUE(becomes_true(*heard, [&] { return heard->dropped == 2; }));
}

TEST_F(TailTest, CountsRequestsForWhichThereIsNoRoom) {
  Tail narrow(engine_, {.settle = 1ms, .dropped_every = 1ms, .queue_bytes = 1});
  auto heard = std::make_shared<Heard>();
  ASSERT_TRUE(narrow.follow(Tenant(), {}, 100, [&] { return std::make_unique<Listener>(heard); }));
  auto batch =
      otlp::testing::batch_of({{.trace = 1, .span = 1}, {.trace = 1, .span = 2}, {.trace = 2}});
  ASSERT_TRUE(sim_.append(batch));
  // One fits at a time, and it takes a moment to look at it.
  for (int i = 0; i < 1000; ++i) narrow.offer(Tenant(), batch);
  EXPECT_TRUE(becomes_true(*heard, [&] { return heard->dropped >= 2; }));
}

TEST_F(TailTest, SaysThatItIsAliveAndForgetsWhoHasGone) {
  auto heard = follow({});
  EXPECT_TRUE(becomes_true(*heard, [&] { return heard->alive >= 2; }));
  heard->set(&Heard::gone);
  EXPECT_TRUE(becomes_true(*heard, [&] { return heard->let_go; }));
  for (int i = 0; i < 100 && tail_.has_followers(); ++i) std::this_thread::sleep_for(5ms);
  EXPECT_FALSE(tail_.has_followers());
}

TEST_F(TailTest, RefusesWhatIsWrongAndWhoIsTooMany) {
  auto nobody = []() -> std::unique_ptr<Follower> {
    ADD_FAILURE() << "let in";
    return nullptr;
  };
  store::Filter wrong{.min_duration = 2, .max_duration = 1};
  EXPECT_EQ(tail_.follow(Tenant(), wrong, 1, nobody).error().code, Code::kInvalid);
  auto one = follow({}), another = follow({});
  EXPECT_EQ(tail_.follow(Tenant(), {}, 1, nobody).error().code, Code::kUnavailable);
  tail_.stop();
  EXPECT_TRUE(one->let_go && another->let_go);
  EXPECT_EQ(tail_.follow(Tenant(), {}, 1, nobody).error().code, Code::kUnavailable);
  store({{.trace = 1}});
}

}  // namespace
}  // namespace clew::query
