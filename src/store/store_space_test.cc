// A store on a disk that fills up.
#include <gtest/gtest.h>

#include "store/metrics.h"
#include "store/testing.h"

namespace clew::store {
namespace {

using otlp::testing::batch_of;

class StoreSpace : public ::testing::Test {
 protected:
  StoreSpace() {
    sim_.options.min_free_bytes = 64 << 10;
    CLEW_CHECK(sim_.open().has_value());
  }

  void set_free(uint64_t bytes) { sim_.disk.set_capacity(sim_.disk.used_bytes() + bytes); }
  Result<void> append(uint64_t trace) { return sim_.append(batch_of({{.trace = trace}})); }
  static double refused() { return Metrics::get().refused(Refused::kSpace).Value(); }

  testing::SimulatedStore sim_;
};

TEST_F(StoreSpace, RefusesBeforeTheDiskIsFullAnswersQueriesAndRecovers) {
  ASSERT_TRUE(append(1));
  double before = refused();
  set_free((64 << 10) - 1);
  sim_.store->pump();
  auto answer = append(2);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::kUnavailable);
  EXPECT_TRUE(answer.error().retry_after);
  EXPECT_NE(sim_.store->stats().read_only_reason.find("nearly full"), std::string::npos);
  EXPECT_EQ(Metrics::get().read_only.Value(), 1);
  EXPECT_EQ(refused() - before, 1);
  EXPECT_EQ(sim_.trace(1).size(), 1u);

  set_free((64 << 10) + (16 << 10) - 1);  // not yet: a quarter more must be free
  sim_.store->pump();
  EXPECT_FALSE(append(2));
  set_free((64 << 10) + (16 << 10));
  sim_.store->pump();
  EXPECT_TRUE(append(2));
  EXPECT_EQ(sim_.store->stats().read_only_reason, "");
  EXPECT_EQ(Metrics::get().read_only.Value(), 0);
}

TEST_F(StoreSpace, TheReserveIsForBlocks) {
  ASSERT_TRUE(append(1));
  set_free(32 << 10);
  sim_.store->pump();
  ASSERT_FALSE(append(2));
  ASSERT_TRUE(sim_.store->flush());
  EXPECT_EQ(sim_.store->stats().blocks, 1u);
  EXPECT_EQ(sim_.trace(1).size(), 1u);
}

TEST_F(StoreSpace, IsReadOnlyFromTheStartOnAFullDisk) {
  ASSERT_TRUE(append(1));
  set_free(100);
  ASSERT_TRUE(sim_.open());
  EXPECT_NE(sim_.store->stats().read_only_reason, "");
  EXPECT_FALSE(append(2));
  EXPECT_EQ(sim_.trace(1).size(), 1u);
}

}  // namespace
}  // namespace clew::store
