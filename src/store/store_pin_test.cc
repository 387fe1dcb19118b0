// Pinned traces.
#include <gtest/gtest.h>

#include "base/log.h"
#include "store/testing.h"

namespace clew::store {
namespace {

using otlp::testing::batch_of;
using testing::trace_id;

using Ids = std::vector<TraceId>;
using Numbers = std::vector<uint64_t>;

class StorePin : public ::testing::Test {
 protected:
  StorePin() { CLEW_CHECK(sim_.open().has_value()); }

  void append(uint64_t trace, uint64_t span, const Tenant& tenant = {}) {
    ASSERT_TRUE(sim_.append(
        batch_of({{.trace = trace, .span = span, .start = sim_.clock.now() + span}}), tenant));
  }
  /// Trace 9 is new then, and its block covers the log, so that nothing old comes back from there.
  void let_everything_expire() {
    ASSERT_TRUE(sim_.store->flush());
    sim_.clock.advance(std::chrono::hours(400));
    sim_.store->pump();
    append(9, 9);
    ASSERT_TRUE(sim_.store->flush());
  }
  Ids pinned() { return sim_.store->pinned(Tenant()); }

  testing::SimulatedStore sim_;
};

TEST_F(StorePin, APinnedTraceOutlivesRetentionAndRestart) {
  append(1, 1);
  append(2, 2);
  ASSERT_TRUE(sim_.store->flush());
  append(1, 3);  // still in the head
  auto pin = sim_.store->pin(Tenant(), trace_id(1));
  ASSERT_TRUE(pin) << pin.error().message;
  EXPECT_EQ(pin->spans, 2u);
  EXPECT_TRUE(pin->complete);
  EXPECT_EQ(sim_.trace(1).size(), 2u);  // copies are not seen twice
  EXPECT_EQ(sim_.find({}), (Numbers{2, 1}));
  let_everything_expire();
  EXPECT_EQ(sim_.find({}), (Numbers{9, 1}));
  ASSERT_TRUE(sim_.open());
  sim_.store->pump();
  EXPECT_EQ(sim_.trace(1).size(), 2u);
  EXPECT_EQ(sim_.find({}), (Numbers{9, 1}));
  EXPECT_EQ(pinned(), Ids{trace_id(1)});
}

TEST_F(StorePin, BytesDoNotRemoveItEither) {
  sim_.options.max_bytes = 1;
  append(1, 1);
  ASSERT_TRUE(sim_.store->pin(Tenant(), trace_id(1)));
  ASSERT_TRUE(sim_.open());
  append(2, 2);
  ASSERT_TRUE(sim_.store->flush());
  sim_.clock.advance(std::chrono::minutes(2));
  sim_.store->pump();
  EXPECT_EQ(sim_.find({}), Numbers{1});
}

TEST_F(StorePin, PinningAgainTakesWhatCameSince) {
  append(1, 1);
  ASSERT_TRUE(sim_.store->pin(Tenant(), trace_id(1)));
  append(1, 2);
  EXPECT_EQ(sim_.store->pin(Tenant(), trace_id(1))->spans, 2u);
  let_everything_expire();
  EXPECT_EQ(sim_.trace(1).size(), 2u);
  // What is pinned counts as known: this adds to it.
  append(1, 3);
  EXPECT_EQ(sim_.store->pin(Tenant(), trace_id(1))->spans, 3u);
  EXPECT_EQ(pinned(), Ids{trace_id(1)});
}

TEST_F(StorePin, UnpinningGivesItBackToRetention) {
  append(1, 1);
  ASSERT_TRUE(sim_.store->pin(Tenant(), trace_id(1)));
  ASSERT_TRUE(sim_.store->unpin(Tenant(), trace_id(1)));
  EXPECT_EQ(pinned(), Ids{});
  EXPECT_EQ(sim_.trace(1).size(), 1u);  // as before it was pinned
  let_everything_expire();
  EXPECT_EQ(sim_.trace(1).size(), 0u);
  EXPECT_EQ(sim_.store->unpin(Tenant(), trace_id(1)).error().code, Code::kNotFound);
}

TEST_F(StorePin, ThereMustBeSuchATrace) {
  append(1, 1);
  auto pin = sim_.store->pin(Tenant(), trace_id(2));
  ASSERT_FALSE(pin);
  EXPECT_EQ(pin.error().code, Code::kNotFound);
  Tenant other = Tenant::parse("other").value();
  EXPECT_FALSE(sim_.store->pin(other, trace_id(1)));
  EXPECT_EQ(sim_.store->pinned(other), Ids{});
}

TEST_F(StorePin, TenantsHaveTheirOwn) {
  Tenant other = Tenant::parse("other").value();
  append(1, 1);
  append(1, 1, other);
  ASSERT_TRUE(sim_.store->pin(other, trace_id(1)));
  EXPECT_EQ(pinned(), Ids{});
  let_everything_expire();
  EXPECT_EQ(sim_.trace(1).size(), 0u);
  EXPECT_EQ(sim_.trace(1, other).size(), 1u);
}

TEST_F(StorePin, PinsAreLimited) {
  sim_.options.max_pinned = 2;
  ASSERT_TRUE(sim_.open());
  for (uint64_t trace = 1; trace <= 3; ++trace) append(trace, trace);
  EXPECT_TRUE(sim_.store->pin(Tenant(), trace_id(1)));
  EXPECT_TRUE(sim_.store->pin(Tenant(), trace_id(2)));
  EXPECT_TRUE(sim_.store->pin(Tenant(), trace_id(2)));  // is no further one
  auto third = sim_.store->pin(Tenant(), trace_id(3));
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, Code::kRejected);
  ASSERT_TRUE(sim_.store->unpin(Tenant(), trace_id(1)));
  EXPECT_TRUE(sim_.store->pin(Tenant(), trace_id(3)));
}

TEST_F(StorePin, AFullDiskLeavesThePinAsItWas) {
  append(1, 1);
  ASSERT_TRUE(sim_.store->pin(Tenant(), trace_id(1)));
  append(1, 2);
  sim_.disk.fail_writes_to("/blocks/");
  EXPECT_FALSE(sim_.store->pin(Tenant(), trace_id(1)));
  sim_.disk.fail_writes_to("");
  EXPECT_EQ(pinned(), Ids{trace_id(1)});
  let_everything_expire();
  EXPECT_EQ(sim_.trace(1).size(), 1u);
  ASSERT_TRUE(sim_.open());
  EXPECT_EQ(sim_.trace(1).size(), 1u);
}

TEST_F(StorePin, APinCoversNothingOfTheLog) {
  append(1, 1);
  append(2, 2);
  ASSERT_TRUE(sim_.store->pin(Tenant(), trace_id(1)));
  ASSERT_TRUE(sim_.open());  // both are read back from the log
  EXPECT_EQ(sim_.find({}), (Numbers{2, 1}));
  EXPECT_EQ(sim_.trace(1).size(), 1u);
}

TEST_F(StorePin, ADamagedPinCanBeRemoved) {
  append(1, 1);
  ASSERT_TRUE(sim_.store->pin(Tenant(), trace_id(1)));
  std::string path = "/data/blocks/anonymous/pin-" + trace_id(1).hex() + ".block";
  sim_.disk.overwrite(path, "damaged");
  ASSERT_TRUE(sim_.open());
  EXPECT_EQ(pinned(), Ids{});
  EXPECT_EQ(sim_.trace(1).size(), 1u);  // from the log
  EXPECT_TRUE(sim_.store->unpin(Tenant(), trace_id(1)));
  EXPECT_FALSE(sim_.disk.open_read(path));
}

TEST(StorePinCrash, APowerCutWhilePinningAgainLosesNoPinnedSpan) {
  auto level = spdlog::get_level();
  spdlog::set_level(spdlog::level::critical);
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    testing::SimulatedStore sim(seed);
    ASSERT_TRUE(sim.open());
    ASSERT_TRUE(sim.append(batch_of({{.trace = 1, .span = 1}})));
    ASSERT_TRUE(sim.store->pin(Tenant(), trace_id(1)));
    ASSERT_TRUE(sim.append(batch_of({{.trace = 1, .span = 2}})));
    sim.disk.crash_after(1 + seed % 8);
    bool again = sim.store->pin(Tenant(), trace_id(1)).has_value();
    sim.store.reset();
    sim.disk.restart();
    // The log would hide a loss.
    auto segments = sim.disk.list("/data/log").value();
    for (const std::string& name : segments) ASSERT_TRUE(sim.disk.remove("/data/log/" + name));
    ASSERT_TRUE(sim.open());
    ASSERT_EQ(sim.store->pinned(Tenant()), Ids{trace_id(1)}) << "seed " << seed;
    ASSERT_GE(sim.trace(1).size(), again ? 2u : 1u) << "seed " << seed;
    ASSERT_EQ(sim.store->stats().damaged_sections, 0u) << "seed " << seed;
  }
  spdlog::set_level(level);
}

}  // namespace
}  // namespace clew::store
