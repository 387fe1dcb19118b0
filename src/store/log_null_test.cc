#include "store/log_null.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace clew::store {
namespace {

TEST(NullLog, AcknowledgesAtOnceInOrderFromTheFirstPosition) {
  NullLog log(7);
  std::vector<LogPosition> positions;
  for (int i = 0; i < 3; ++i)
    log.append(Tenant(), SharedBytes(), [&](auto position) { positions.push_back(*position); });
  EXPECT_EQ(positions, (std::vector<LogPosition>{7, 8, 9}));
  EXPECT_EQ(log.size_bytes(), 0u);
  int replayed = 0;
  ASSERT_TRUE(log.replay(0, [&](auto, auto&, auto) { ++replayed; }));
  EXPECT_EQ(replayed, 0);
}

TEST(NullLog, ACallbackMayAppend) {
  NullLog log(0);
  std::vector<int> order;
  log.append(Tenant(), SharedBytes(), [&](auto) {
    log.append(Tenant(), SharedBytes(), [&](auto) { order.push_back(2); });
    order.push_back(1);
  });
  EXPECT_EQ(order, (std::vector{1, 2}));
}

TEST(NullLog, RefusesWhenClosed) {
  NullLog log(0);
  log.close();
  Code code{};
  log.append(Tenant(), SharedBytes(), [&](auto position) { code = position.error().code; });
  EXPECT_EQ(code, Code::kUnavailable);
}

TEST(NullLog, CallsOneCallbackAtATimeInOrder) {
  constexpr int kThreads = 4, kEach = 2000;
  std::vector<LogPosition> positions;  // no lock: one at a time is the point
  {
    NullLog log(0);
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < kEach; ++i)
          log.append(Tenant(), SharedBytes(),
                     [&](auto position) { positions.push_back(*position); });
      });
    threads.clear();
    log.close();
  }
  ASSERT_EQ(positions.size(), size_t{kThreads * kEach});
  for (size_t i = 0; i < positions.size(); ++i) ASSERT_EQ(positions[i], i);
}

}  // namespace
}  // namespace clew::store
