#include "base/repeat_gate.h"

#include <gtest/gtest.h>

namespace clew {
namespace {

using namespace std::chrono_literals;

TEST(RepeatGate, LetsEachKeyThroughOncePerPause) {
  RepeatGate gate(10s);
  auto now = std::chrono::steady_clock::now();
  EXPECT_EQ(gate.pass("a", now), 0);
  EXPECT_EQ(gate.pass("a", now), std::nullopt);
  EXPECT_EQ(gate.pass("b", now), 0);
  EXPECT_EQ(gate.pass("a", now + 9999ms), std::nullopt);
  EXPECT_EQ(gate.pass("a", now + 10s), 2);
  EXPECT_EQ(gate.pass("a", now + 19s), std::nullopt);
  EXPECT_EQ(gate.pass("a", now + 20s), 1);
  EXPECT_EQ(gate.pass("b", now + 60s), 0);
}

}  // namespace
}  // namespace clew
