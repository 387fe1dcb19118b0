// A trace's state says whether it is still what it was.
#include <gtest/gtest.h>

#include "store/testing.h"

namespace clew::store {
namespace {

using otlp::testing::batch_of;
using testing::SimulatedStore;
using testing::trace_id;

class TraceStateTest : public ::testing::Test {
 protected:
  TraceStateTest() { CLEW_CHECK(sim_.open().has_value()); }

  void append(uint64_t trace, uint64_t span, uint64_t trace_high = 0) {
    CLEW_CHECK(sim_.append(batch_of({{.trace = trace, .span = span, .trace_high = trace_high}}))
                   .has_value());
  }
  std::optional<TraceState> state(uint64_t trace = 1, const Tenant& tenant = {}) {
    return sim_.store->read_trace(tenant, trace_id(trace))->state();
  }

  SimulatedStore sim_;
};

TEST_F(TraceStateTest, OfATraceThatIsNotThereIsEmpty) {
  EXPECT_EQ(state(), TraceState());
  append(1, 1);
  EXPECT_EQ(state(1, Tenant::parse("other").value()), TraceState());
  EXPECT_EQ(state(2), TraceState());
}

TEST_F(TraceStateTest, ChangesWithTheTraceAndNotWithOthers) {
  append(1, 1);
  auto before = state();
  ASSERT_TRUE(before);
  append(2, 1);
  EXPECT_EQ(state(), before);
  append(1, 2);
  EXPECT_NE(state(), before);
}

TEST_F(TraceStateTest, SeesSpansUnderEitherFormOfTheId) {
  append(1, 1, 7);
  auto before = state();
  ASSERT_TRUE(before);
  append(1, 2);
  EXPECT_NE(state(), before);
}

TEST_F(TraceStateTest, IsAnotherOneInABlock) {
  append(1, 1);
  auto in_head = state();
  ASSERT_TRUE(sim_.store->flush());
  auto in_block = state();
  EXPECT_NE(in_block, in_head);
  append(2, 1);
  ASSERT_TRUE(sim_.store->flush());
  EXPECT_EQ(state(), in_block);
  append(1, 1);
  EXPECT_NE(state(), in_block) << "the same span again may be another one";
}

TEST_F(TraceStateTest, IsOfWhatIsBeingRead) {
  append(1, 1);
  auto reading = sim_.store->read_trace(Tenant(), trace_id(1));
  auto before = reading->state();
  ASSERT_TRUE(sim_.store->flush());
  EXPECT_EQ(reading->state(), before);
}

}  // namespace
}  // namespace clew::store
