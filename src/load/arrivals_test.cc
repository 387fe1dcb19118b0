#include "load/arrivals.h"

#include <gtest/gtest.h>

#include <thread>

namespace clew::load {
namespace {

SpanKey span(uint64_t number) {
  SpanKey key;
  std::memcpy(key.trace_id.bytes.data(), &number, sizeof(number));
  std::memcpy(key.span_id.bytes.data(), &number, sizeof(number));
  return key;
}

std::vector<SpanKey> spans(uint64_t first, uint64_t count) {
  std::vector<SpanKey> keys;
  for (uint64_t i = 0; i < count; ++i) keys.push_back(span(first + i));
  return keys;
}

TEST(Arrivals, MissWhatWasSentAndDidNotCome) {
  Arrivals arrivals(10);
  arrivals.sending(spans(1, 10));
  for (uint64_t i = 1; i <= 7; ++i) arrivals.arrived(span(i));
  EXPECT_EQ(arrivals.counts().arrived, 7u);
  EXPECT_EQ(arrivals.counts().missing, 3u);
}

TEST(Arrivals, CountWhatCameTwiceAndWhatNobodySent) {
  Arrivals arrivals(10);
  arrivals.sending(spans(1, 2));
  for (uint64_t i : {1, 2, 2, 2, 99}) arrivals.arrived(span(i));
  Arrivals::Counts counts = arrivals.counts();
  EXPECT_EQ(counts.arrived, 2u);
  EXPECT_EQ(counts.twice, 2u);
  EXPECT_EQ(counts.unknown, 1u);
  EXPECT_EQ(counts.missing, 0u);
}

TEST(Arrivals, TellSpansOfOneTraceApart) {
  Arrivals arrivals(10);
  SpanKey first = span(1), second = span(1);
  second.span_id.bytes[7] = 9;
  arrivals.sending(std::vector{first, second});
  arrivals.arrived(first);
  EXPECT_EQ(arrivals.counts().missing, 1u);
  arrivals.arrived(second);
  EXPECT_EQ(arrivals.counts().missing, 0u);
  EXPECT_EQ(arrivals.counts().twice, 0u);
}

TEST(Arrivals, RefusedSpansAreNotMissedAndCountIfTheyComeAfterAll) {
  Arrivals arrivals(10);
  arrivals.refused(arrivals.sending(spans(1, 3)));
  EXPECT_EQ(arrivals.counts().missing, 0u);
  arrivals.arrived(span(2));
  EXPECT_EQ(arrivals.counts().arrived, 1u);
  EXPECT_EQ(arrivals.counts().unknown, 0u);
}

TEST(Arrivals, ASpanMayComeBeforeItsRefusal) {
  Arrivals arrivals(10);
  std::vector<uint64_t> places = arrivals.sending(spans(1, 1));
  arrivals.arrived(span(1));
  arrivals.refused(places);
  EXPECT_EQ(arrivals.counts().arrived, 1u);
  EXPECT_EQ(arrivals.counts().missing, 0u);
}

TEST(Arrivals, HaveRoomForAllThatWereAnnouncedAndCountFromSeveralThreads) {
  constexpr uint64_t kThreads = 4, kEach = 20'000;
  Arrivals arrivals(kThreads * kEach);
  {
    std::vector<std::jthread> threads;
    for (uint64_t i = 0; i < kThreads; ++i)
      threads.emplace_back([&arrivals, i] {
        std::vector<SpanKey> keys = spans(1 + i * kEach, kEach);
        arrivals.sending(keys);
        for (const SpanKey& key : keys) arrivals.arrived(key);
        arrivals.arrived(keys.front());
      });
  }
  EXPECT_EQ(arrivals.counts().arrived, kThreads * kEach);
  EXPECT_EQ(arrivals.counts().twice, kThreads);
  EXPECT_EQ(arrivals.counts().missing, 0u);
}

}  // namespace
}  // namespace clew::load
