#include "query/traces_ahead.h"

#include <gtest/gtest.h>

#include "store/testing.h"
#include "store/trace_id.h"

namespace clew::query {
namespace {

using otlp::testing::trace_id;

struct OpenStore : store::testing::SimulatedStore {
  OpenStore() { CLEW_CHECK(open().has_value()); }
};

class TracesAheadTest : public ::testing::Test {
 protected:
  TracesAheadTest() {
    for (uint64_t i = 1; i <= 5; ++i) {
      CLEW_CHECK(sim_.append(otlp::testing::batch_of({{.trace = i, .start = i}})).has_value());
      found_.push_back({.id = trace_id(i), .start = i});
    }
  }

  TracesAhead traces() { return {*sim_.store, tenant_, found_, {}}; }

  OpenStore sim_;
  const Tenant tenant_;
  std::vector<store::FoundTrace> found_;
};

TEST_F(TracesAheadTest, ComeInTheirOrder) {
  TracesAhead all = traces();
  for (const store::FoundTrace& wanted : found_)
    EXPECT_EQ(store::trace_id_of(all.take().value().spans), wanted.id);
}

TEST_F(TracesAheadTest, OneThatIsGoneIsAnErrorInItsPlace) {
  found_[2].id = trace_id(77);
  TracesAhead all = traces();
  for (size_t i = 0; i < found_.size(); ++i) {
    auto trace = all.take();
    if (i == 2)
      EXPECT_EQ(trace.error().code, Code::kNotFound);
    else
      EXPECT_EQ(store::trace_id_of(trace.value().spans), found_[i].id);
  }
}

TEST_F(TracesAheadTest, MayBeLeftAtAnyPlace) {
  for (size_t taken = 0; taken <= found_.size(); ++taken) {
    TracesAhead all = traces();
    for (size_t i = 0; i < taken; ++i) EXPECT_TRUE(all.take().has_value());
  }
}

TEST_F(TracesAheadTest, AreReadWithoutAThreadToSpare) {
  std::vector<std::unique_ptr<store::SecondThread>> hired;
  while (auto thread = store::SecondThread::hire()) hired.push_back(std::move(thread));
  TracesAhead all = traces();
  for (const store::FoundTrace& wanted : found_)
    EXPECT_EQ(store::trace_id_of(all.take().value().spans), wanted.id);
}

}  // namespace
}  // namespace clew::query
