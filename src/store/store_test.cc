#include "store/store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <random>

#include "base/limits.h"
#include "base/metrics.h"
#include "store/block_format.h"
#include "store/head.h"
#include "store/metrics.h"
#include "store/testing.h"

namespace clew::store {
namespace {

using otlp::SpanKind;
using otlp::testing::batch_of;
using otlp::testing::trace_id;
using std::chrono::hours;
using testing::SimulatedStore;

using Numbers = std::vector<uint64_t>;

constexpr UnixNanos kNow = 1'000'000'000'000'000'000;

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() {
    auto opened = sim_.open();
    CLEW_CHECK(opened.has_value());
  }

  /// Spans of about 1 KB, to fill a head with.
  static otlp::Batch fat_batch(uint64_t first_trace, size_t count) {
    std::vector<otlp::testing::SpanSpec> specs;
    specs.reserve(count);
    for (size_t i = 0; i < count; ++i)
      specs.push_back({.trace = first_trace + i,
                       .span = first_trace + i,
                       .start = kNow + first_trace + i,
                       .attributes = {{"fat", fmt::format("{:01000}", first_trace + i)}}});
    return batch_of(specs);
  }

  std::vector<std::string> block_paths() {
    std::vector<std::string> paths;
    auto names = sim_.disk.list("/data/blocks/anonymous");
    if (names)
      for (const std::string& name : *names) paths.push_back("/data/blocks/anonymous/" + name);
    return paths;
  }

  SimulatedStore sim_;
};

TEST_F(StoreTest, WhatIsAcknowledgedIsFoundAtOnceAndAfterRestartAndFlush) {
  otlp::Batch first = batch_of({{.trace = 1, .span = 1, .start = kNow}});
  otlp::Batch second = batch_of({{.trace = 1, .span = 2, .start = kNow + 1, .duration = 7}});
  auto both = testing::contents(first);
  both.push_back(testing::contents(second).front());
  std::ranges::sort(both);

  ASSERT_TRUE(sim_.append(first));
  EXPECT_EQ(sim_.trace(1), testing::contents(first));
  EXPECT_EQ(sim_.find({.service = "shop"}), Numbers{1});
  ASSERT_TRUE(sim_.store->flush());
  EXPECT_EQ(sim_.store->stats().blocks, 1u);
  EXPECT_EQ(sim_.store->stats().head_spans, 0u);
  EXPECT_EQ(sim_.trace(1), testing::contents(first));
  ASSERT_TRUE(sim_.append(second));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(sim_.trace(1), both);
    EXPECT_EQ(sim_.find({.max_duration = 7}), Numbers{1});
    ASSERT_TRUE(sim_.open());
    if (i == 1) {
      ASSERT_TRUE(sim_.store->flush());
    }
  }
  EXPECT_EQ(sim_.store->stats().blocks, 2u);
  EXPECT_EQ(sim_.store->trace(Tenant(), trace_id(2)).error().code, Code::kNotFound);
}

TEST_F(StoreTest, ARepeatedExportAddsNothing) {
  otlp::Batch batch = batch_of({{.trace = 1, .span = 1}, {.trace = 1, .span = 2}});
  ASSERT_TRUE(sim_.append(batch));
  ASSERT_TRUE(sim_.append(batch));
  EXPECT_EQ(sim_.trace(1), testing::contents(batch));
  ASSERT_TRUE(sim_.store->flush());
  ASSERT_TRUE(sim_.append(batch));
  EXPECT_EQ(sim_.trace(1), testing::contents(batch));
  // Not the same: another duration under the same ID stays.
  ASSERT_TRUE(sim_.append(batch_of({{.trace = 1, .span = 1, .duration = 3}})));
  EXPECT_EQ(sim_.trace(1).size(), 3u);
}

TEST_F(StoreTest, ABatchWithoutSpansIsAcceptedAndCostsNothing) {
  ASSERT_TRUE(sim_.append(otlp::Batch()));
  EXPECT_EQ(sim_.store->stats().log_bytes, 0u);
}

TEST_F(StoreTest, TenantsAreApart) {
  Tenant other = Tenant::parse("other").value();
  ASSERT_TRUE(sim_.append(batch_of({{.trace = 1}})));
  ASSERT_TRUE(sim_.append(batch_of({{.trace = 1, .span = 9, .service = "theirs"}}), other));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(sim_.trace(1).size(), 1u);
    EXPECT_EQ(sim_.trace(1, other).size(), 1u);
    EXPECT_EQ(sim_.store->services(Tenant()), std::vector<std::string>{"shop"});
    EXPECT_EQ(sim_.store->services(other), std::vector<std::string>{"theirs"});
    EXPECT_EQ(sim_.find({.service = "theirs"}), Numbers{});
    ASSERT_TRUE(sim_.store->flush());
  }
  EXPECT_EQ(sim_.disk.list("/data/blocks").value(),
            (std::vector<std::string>{"anonymous", "other"}));
}

TEST_F(StoreTest, TenantsAreLimited) {
  sim_.options.max_tenants = 2;
  ASSERT_TRUE(sim_.open());
  Tenant second = Tenant::parse("second").value(), third = Tenant::parse("third").value();
  otlp::Batch batch = batch_of({{.trace = 1}});
  auto& hits = metrics::counter("clew_limit_hit_total", "", {{"limit", "tenants"}});
  double before = hits.Value();
  ASSERT_TRUE(sim_.append(batch));
  ASSERT_TRUE(sim_.store->flush());
  ASSERT_TRUE(sim_.append(batch, second));
  for (int i = 0; i < 2; ++i) {
    auto refused = sim_.append(batch, third);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kRejected);
    EXPECT_EQ(hits.Value(), before + i + 1);
    EXPECT_TRUE(sim_.append(batch));
    EXPECT_TRUE(sim_.append(batch, second));
    ASSERT_TRUE(sim_.open());  // they are known again from a block and from the log
  }
  sim_.options.max_tenants = 3;
  ASSERT_TRUE(sim_.open());
  EXPECT_TRUE(sim_.append(batch, third));
}

TEST_F(StoreTest, NamesServicesAndOperations) {
  ASSERT_TRUE(sim_.append(batch_of({{.trace = 1, .service = "b", .name = "x"},
                                    {.trace = 1, .service = "b", .name = "y"},
                                    {.trace = 1, .service = "", .name = "nobody's"}})));
  ASSERT_TRUE(sim_.store->flush());
  ASSERT_TRUE(sim_.append(
      batch_of({{.trace = 2, .service = "a", .name = "x", .kind = SpanKind::kClient}})));
  Store& store = *sim_.store;
  EXPECT_EQ(store.services(Tenant()), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(store.operations(Tenant(), "b", {}),
            (std::vector<Operation>{{"x", SpanKind::kServer}, {"y", SpanKind::kServer}}));
  EXPECT_EQ(store.operations(Tenant(), "a", SpanKind::kServer), std::vector<Operation>{});
  EXPECT_EQ(store.operations(Tenant(), "", SpanKind::kClient),
            (std::vector<Operation>{{"x", SpanKind::kClient}}));
}

TEST_F(StoreTest, NamesAsManyAsTheLimitAllows) {
  std::vector<otlp::testing::SpanSpec> specs;
  specs.reserve(limits::kNamesPerAnswer);
  for (size_t i = 0; i < limits::kNamesPerAnswer; ++i)
    specs.push_back({.service = "s" + std::to_string(i), .name = "n" + std::to_string(i)});
  ASSERT_TRUE(sim_.append(batch_of(specs)));
  auto& hits = metrics::counter("clew_limit_hit_total", "", {{"limit", "names_per_answer"}});
  double before = hits.Value();
  EXPECT_EQ(sim_.store->services(Tenant()).size(), limits::kNamesPerAnswer);
  EXPECT_EQ(hits.Value(), before);
  ASSERT_TRUE(sim_.append(batch_of({{.service = "one", .name = "more"}})));
  EXPECT_EQ(sim_.store->services(Tenant()).size(), limits::kNamesPerAnswer);
  EXPECT_EQ(sim_.store->operations(Tenant(), "", {}).size(), limits::kNamesPerAnswer);
  EXPECT_EQ(hits.Value(), before + 2);
}

TEST_F(StoreTest, FindsTheNewestOverHeadAndBlocks) {
  // Trace 1 is old by its span in a block, whatever its spans in the head say.
  ASSERT_TRUE(sim_.append(batch_of(
      {{.trace = 1, .span = 1, .start = kNow + 1}, {.trace = 2, .span = 2, .start = kNow + 20}})));
  ASSERT_TRUE(sim_.store->flush());
  ASSERT_TRUE(sim_.append(batch_of({{.trace = 3, .span = 3, .start = kNow + 10}})));
  ASSERT_TRUE(sim_.store->flush());
  ASSERT_TRUE(sim_.append(batch_of({{.trace = 1, .span = 4, .name = "late", .start = kNow + 99},
                                    {.trace = 4, .span = 5, .start = kNow + 15}})));
  EXPECT_EQ(sim_.find({}), (Numbers{2, 4, 3, 1}));
  EXPECT_EQ(sim_.find({}, 2), (Numbers{2, 4}));
  EXPECT_EQ(sim_.find({}, 3), (Numbers{2, 4, 3}));
  EXPECT_EQ(sim_.find({}, 0), Numbers{});
  EXPECT_EQ(sim_.find({.operation = "late"}), Numbers{1});
  EXPECT_EQ(sim_.find({.start_min = kNow + 50}), Numbers{1});
  EXPECT_EQ(sim_.find({.start_max = kNow + 10}), (Numbers{3, 1}));
  auto found =
      sim_.store->find(Tenant(), testing::query({.operation = "late"}), 10, testing::kNoDeadline);
  EXPECT_EQ(found.traces.front().start, kNow + 1);
  EXPECT_TRUE(found.complete);
}

TEST_F(StoreTest, ASpanWithoutAStartDoesNotMakeItsTraceOld) {
  auto expect = [&] {
    EXPECT_EQ(sim_.find({}), (Numbers{1, 2, 3}));
    auto found = sim_.store->find(Tenant(), testing::query({}), 10, testing::kNoDeadline);
    ASSERT_EQ(found.traces.size(), 3u);
    EXPECT_EQ(found.traces[0].start, kNow + 20);
    EXPECT_EQ(found.traces[2].start, 0u);
  };
  ASSERT_TRUE(sim_.append(batch_of({{.trace = 1, .span = 1, .start = 0},
                                    {.trace = 1, .span = 2, .start = kNow + 20},
                                    {.trace = 1, .span = 3, .start = 0},
                                    {.trace = 2, .span = 4, .start = kNow},
                                    {.trace = 3, .span = 5, .start = 0}})));
  expect();
  ASSERT_TRUE(sim_.store->flush());
  expect();
  ASSERT_TRUE(sim_.append(batch_of({{.trace = 1, .span = 6, .start = 0}})));
  expect();
}

TEST_F(StoreTest, ATraceIsReadOnlyAsFarAsItsBoundsAllow) {
  ASSERT_TRUE(sim_.append(batch_of({{.trace = 1, .span = 1}, {.trace = 1, .span = 2}})));
  ASSERT_TRUE(sim_.store->flush());
  ASSERT_TRUE(sim_.append(batch_of({{.trace = 1, .span = 3}})));
  auto small = sim_.store->trace(Tenant(), trace_id(1), {.bytes = 1});
  EXPECT_EQ(small->spans.spans().size(), 1u);
  EXPECT_FALSE(small->complete);
  int asked = 0;
  auto late = sim_.store->trace(Tenant(), trace_id(1), {.is_over = [&] { return asked++ == 1; }});
  EXPECT_EQ(late->spans.spans().size(), 1u);  // the head's, the block was not looked into
  EXPECT_FALSE(late->complete);
  EXPECT_EQ(sim_.store->services(Tenant(), [] { return true; }), std::vector<std::string>{});
  EXPECT_EQ(sim_.store->operations(Tenant(), "", {}, [] { return true; }),
            std::vector<Operation>{});
}

TEST_F(StoreTest, ATraceIsReadWithoutAttributesThatAreNotWanted) {
  auto append = [&](uint64_t trace) {
    ASSERT_TRUE(sim_.append(batch_of({{.trace = trace,
                                       .status = otlp::StatusCode::kError,
                                       .attributes = {{"a", "1"}, {"b", "2"}}}})));
  };
  for (uint64_t trace = 1; trace <= 9; ++trace) append(trace);
  ASSERT_TRUE(sim_.store->flush());
  append(1);  // a copy of what is in the block: in both it is the same span
  append(10);
  for (uint64_t id : {1, 2, 10}) {
    auto trace = sim_.store->trace(Tenant(), trace_id(id),
                                   {.attribute = [](std::string_view key) { return key == "b"; }});
    ASSERT_EQ(trace->spans.spans().size(), 1u) << id;
    otlp::Span span = trace->spans.decode(trace->spans.spans()[0]);
    EXPECT_EQ(span.attributes().find("a"), std::nullopt) << id;
    EXPECT_EQ(span.attributes().find("b")->text(), "2") << id;
    EXPECT_EQ(span.status, otlp::StatusCode::kError) << id;
    auto whole = sim_.store->trace(Tenant(), trace_id(id));
    EXPECT_EQ(whole->spans.decode(whole->spans.spans()[0]).attributes().find("a")->text(), "1");
  }
}

TEST_F(StoreTest, ADeadlineThatPassedMakesTheAnswerIncomplete) {
  ASSERT_TRUE(sim_.append(batch_of({{.trace = 1}})));
  auto found = sim_.store->find(Tenant(), testing::query({}), 10, sim_.clock.now());
  EXPECT_TRUE(found.traces.empty());
  EXPECT_FALSE(found.complete);
}

TEST_F(StoreTest, AFullHeadIsWrittenToBlocksAndTheLogIsCut) {
  sim_.options.head_bytes = 256 << 10;
  sim_.options.log_segment_bytes = 16 << 10;
  ASSERT_TRUE(sim_.open());
  double flushes = Metrics::get().flushes.Value();
  for (uint64_t i = 0; i < 100; ++i) ASSERT_TRUE(sim_.append(fat_batch(1 + 10 * i, 10))) << i;
  while (sim_.store->pump()) {
  }
  auto stats = sim_.store->stats();
  EXPECT_GE(Metrics::get().flushes.Value() - flushes, 6);
  EXPECT_GE(stats.blocks, 1u);
  EXPECT_LT(stats.head_bytes, 128u << 10);
  EXPECT_LT(stats.log_bytes, 300u << 10);
  EXPECT_EQ(sim_.find({}, 5000).size(), 1000u);
  ASSERT_TRUE(sim_.open());
  EXPECT_EQ(sim_.find({}, 5000).size(), 1000u);
}

TEST_F(StoreTest, AnOldHeadIsWrittenOutEvenIfItIsSmall) {
  ASSERT_TRUE(sim_.append(batch_of({{.trace = 1, .start = kNow}})));
  EXPECT_FALSE(sim_.store->pump());
  sim_.clock.advance(hours(2) + std::chrono::seconds(1));
  EXPECT_TRUE(sim_.store->pump());
  EXPECT_EQ(sim_.store->stats().blocks, 1u);
  EXPECT_EQ(sim_.trace(1).size(), 1u);
}

TEST_F(StoreTest, AFullDiskRefusesAppendsAnswersQueriesAndRecovers) {
  sim_.options.head_bytes = 256 << 10;
  sim_.options.min_free_bytes = 0;  // only the failing write tells
  ASSERT_TRUE(sim_.open());
  ASSERT_TRUE(sim_.append(fat_batch(1, 10)));
  sim_.disk.set_capacity(sim_.disk.used_bytes() + 100);
  auto refused = sim_.append(fat_batch(100, 10));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  EXPECT_TRUE(refused.error().retry_after);
  EXPECT_FALSE(sim_.store->stats().read_only_reason.empty());
  EXPECT_EQ(sim_.find({}).size(), 10u);
  EXPECT_FALSE(sim_.store->flush());  // no room for a block; nothing is lost
  EXPECT_EQ(sim_.find({}).size(), 10u);

  sim_.disk.set_capacity(10 << 20);
  sim_.clock.advance(std::chrono::seconds(1));
  ASSERT_TRUE(sim_.append(fat_batch(100, 10)));
  EXPECT_EQ(sim_.store->stats().read_only_reason, "");
  ASSERT_TRUE(sim_.store->flush());
  ASSERT_TRUE(sim_.open());
  EXPECT_EQ(sim_.find({}).size(), 20u);
}

TEST_F(StoreTest, AHeadThatCannotBeWrittenFillsUpAndThenRefuses) {
  sim_.options.head_bytes = 512 << 10;
  sim_.options.log_segment_bytes = 16 << 10;
  ASSERT_TRUE(sim_.open());
  sim_.disk.fail_writes_to("/blocks/");
  size_t accepted = 0;
  Result<void> last;
  for (uint64_t i = 0; i < 200 && (last = sim_.append(fat_batch(1 + 10 * i, 10))); ++i) {
    accepted += 10;
    sim_.store->pump();
  }
  ASSERT_FALSE(last);
  EXPECT_NE(last.error().message.find("head is full"), std::string::npos);
  EXPECT_GT(accepted, 50u);
  EXPECT_EQ(sim_.find({}, 5000).size(), accepted);
  sim_.disk.fail_writes_to("");
  ASSERT_TRUE(sim_.store->flush());
  EXPECT_EQ(sim_.find({}, 5000).size(), accepted);
  ASSERT_TRUE(sim_.append(fat_batch(9000, 1)));
}

TEST_F(StoreTest, AppendsWaitForRoomInTheHead) {
  sim_.options.head_bytes = 64 << 10;  // one batch fills it
  ASSERT_TRUE(sim_.open());
  std::optional<bool> second;
  // When the first is answered the head is full, and the flush has not begun.
  sim_.store->append(Tenant(), fat_batch(1, 100), [&](Result<void> first) {
    ASSERT_TRUE(first);
    sim_.store->append(Tenant(), fat_batch(1000, 10),
                       [&](Result<void> result) { second = result.has_value(); });
    EXPECT_FALSE(second);
  });
  while (!second && sim_.store->pump()) {
  }
  EXPECT_EQ(second, true);
  EXPECT_EQ(sim_.find({}, 5000).size(), 110u);
}

TEST_F(StoreTest, AppendsThatWaitAreRefusedWhenTheHeadCannotBeWritten) {
  sim_.options.head_bytes = 64 << 10;
  ASSERT_TRUE(sim_.open());
  sim_.disk.fail_writes_to("/blocks/");
  std::optional<Result<void>> second;
  sim_.store->append(Tenant(), fat_batch(1, 100), [&](Result<void>) {
    sim_.store->append(Tenant(), fat_batch(1000, 10),
                       [&](Result<void> result) { second = std::move(result); });
  });
  sim_.store->pump();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->error().code, Code::kUnavailable);
}

TEST_F(StoreTest, AppendsThatWaitAreRefusedWhenTheStoreCloses) {
  sim_.options.head_bytes = 64 << 10;
  ASSERT_TRUE(sim_.open());
  std::optional<Result<void>> second;
  sim_.store->append(Tenant(), fat_batch(1, 100), [&](Result<void>) {
    sim_.store->append(Tenant(), fat_batch(1000, 10),
                       [&](Result<void> result) { second = std::move(result); });
  });
  sim_.store->close();  // finishes the first, so that the second comes when it is too late
  ASSERT_TRUE(second);
  EXPECT_EQ(second->error().code, Code::kUnavailable);
  ASSERT_TRUE(sim_.open());
  EXPECT_EQ(sim_.find({}, 5000).size(), 100u);
}

TEST_F(StoreTest, TooMuchInFlightIsRefusedBeforeAnyWork) {
  otlp::Batch batch = fat_batch(1, 10);
  sim_.options.inflight_bytes = 3 * batch.bytes().size();  // two of them, with their indexes
  ASSERT_TRUE(sim_.open());
  std::vector<bool> answers;
  auto note = [&](Result<void> result) { answers.push_back(result.has_value()); };
  for (int i = 0; i < 3; ++i) sim_.store->append(Tenant(), batch, note);
  EXPECT_EQ(answers, std::vector<bool>{false});  // at once; the first two wait for the log
  sim_.store->pump();
  EXPECT_EQ(answers, (std::vector<bool>{false, true, true}));
  // One that is larger than the limit passes when nothing else is in flight.
  ASSERT_TRUE(sim_.append(fat_batch(100, 100)));
}

TEST_F(StoreTest, TheIndexOfABatchCounts) {
  // Small spans: their index is larger than they are.
  otlp::Batch batch = batch_of(std::vector<otlp::testing::SpanSpec>(1000));
  sim_.options.inflight_bytes = 2 * batch.bytes().size();
  ASSERT_TRUE(sim_.open());
  std::vector<bool> answers;
  auto note = [&](Result<void> result) { answers.push_back(result.has_value()); };
  for (int i = 0; i < 2; ++i) sim_.store->append(Tenant(), batch, note);
  EXPECT_EQ(answers, std::vector<bool>{false});
  sim_.store->pump();
  EXPECT_EQ(answers, (std::vector<bool>{false, true}));
  EXPECT_GT(sim_.store->stats().head_bytes, 1000 * sizeof(HeadRow));
}

TEST_F(StoreTest, AClosedStoreRefuses) {
  sim_.store->close();
  auto refused = sim_.append(batch_of({{.trace = 1}}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
}

TEST_F(StoreTest, ADirectoryHasOneStore) {
  auto second = Store::open(sim_.options);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kUnavailable);
  EXPECT_NE(second.error().message.find("in use by another process"), std::string::npos);
  sim_.store.reset();
  EXPECT_TRUE(Store::open(sim_.options));
}

TEST_F(StoreTest, RetentionByAgeRemovesWholeBlocks) {
  ASSERT_TRUE(sim_.append(batch_of({{.trace = 1, .start = kNow}})));
  ASSERT_TRUE(sim_.store->flush());
  sim_.clock.advance(hours(300));
  ASSERT_TRUE(sim_.append(batch_of({{.trace = 2, .start = sim_.clock.now()}})));
  ASSERT_TRUE(sim_.store->flush());
  sim_.store->pump();
  EXPECT_EQ(sim_.store->stats().blocks, 2u);
  sim_.clock.advance(hours(37));
  sim_.store->pump();
  EXPECT_EQ(sim_.store->stats().blocks, 1u);
  EXPECT_EQ(block_paths().size(), 1u);
  EXPECT_EQ(sim_.trace(1).size(), 0u);
  EXPECT_EQ(sim_.trace(2).size(), 1u);
  ASSERT_TRUE(sim_.open());
  EXPECT_EQ(sim_.find({}), Numbers{2});
}

TEST_F(StoreTest, RetentionDoesNotBelieveStartsInTheFutureOrMissing) {
  ASSERT_TRUE(sim_.append(batch_of({{.trace = 1, .start = UINT64_MAX}})));
  ASSERT_TRUE(sim_.store->flush());
  ASSERT_TRUE(sim_.append(batch_of({{.trace = 2, .start = 0}})));
  ASSERT_TRUE(sim_.store->flush());
  sim_.clock.advance(hours(335));
  sim_.store->pump();
  EXPECT_EQ(sim_.store->stats().blocks, 2u);
  ASSERT_TRUE(sim_.open());  // the time of writing is in the block
  sim_.clock.advance(hours(2));
  sim_.store->pump();
  EXPECT_EQ(sim_.store->stats().blocks, 0u);
}

TEST_F(StoreTest, RetentionByBytesRemovesTheOldest) {
  sim_.options.max_bytes = 40'000;
  sim_.options.log_segment_bytes = 4096;
  ASSERT_TRUE(sim_.open());
  std::mt19937_64 random(1);
  for (uint64_t i = 1; i <= 10; ++i) {
    std::string noise(10'000, '\0');
    for (char& c : noise) c = static_cast<char>('a' + random() % 26);
    ASSERT_TRUE(
        sim_.append(batch_of({{.trace = i, .start = kNow + i, .attributes = {{"noise", noise}}}})));
    ASSERT_TRUE(sim_.store->flush());
    sim_.clock.advance(std::chrono::minutes(2));
    sim_.store->pump();
    EXPECT_LE(sim_.store->stats().block_bytes + sim_.store->stats().log_bytes, 40'000u);
  }
  auto left = sim_.find({});
  ASSERT_GE(left.size(), 2u);
  EXPECT_EQ(left.front(), 10u);
  EXPECT_EQ(left.back(), 11 - left.size());
}

TEST_F(StoreTest, RetentionOfATenantIsItsOwn) {
  Tenant brief = Tenant::parse("brief").value();
  sim_.options.retention_overrides[brief].max_age = hours(24);
  ASSERT_TRUE(sim_.open());
  ASSERT_TRUE(sim_.append(batch_of({{.trace = 1, .start = kNow}})));
  ASSERT_TRUE(sim_.append(batch_of({{.trace = 1, .start = kNow}}), brief));
  ASSERT_TRUE(sim_.store->flush());
  sim_.clock.advance(hours(25));
  sim_.store->pump();
  EXPECT_EQ(sim_.trace(1).size(), 1u);
  EXPECT_EQ(sim_.trace(1, brief).size(), 0u);
}

TEST_F(StoreTest, ADamagedBlockMakesAnswersIncompleteAndNothingElse) {
  sim_.options.log_segment_bytes = 4096;
  ASSERT_TRUE(sim_.open());
  ASSERT_TRUE(sim_.append(fat_batch(1, 5)));
  ASSERT_TRUE(sim_.store->flush());
  ASSERT_TRUE(sim_.append(fat_batch(10, 5)));
  ASSERT_TRUE(sim_.store->flush());  // the log of the first five is gone now
  std::string path = block_paths().at(0);
  sim_.store.reset();
  std::string content = sim_.disk.content(path);
  content.back() ^= 1;
  sim_.disk.overwrite(path, content);
  ASSERT_TRUE(sim_.open());
  EXPECT_EQ(sim_.store->stats().damaged_sections, 1u);
  auto found = sim_.store->find(Tenant(), testing::query({}), 10, testing::kNoDeadline);
  EXPECT_EQ(found.traces.size(), 5u);
  EXPECT_FALSE(found.complete);
  EXPECT_EQ(sim_.store->trace(Tenant(), trace_id(1)).error().code, Code::kIo);
  EXPECT_FALSE(sim_.store->trace(Tenant(), trace_id(10))->complete);
  EXPECT_EQ(sim_.disk.content(path), content);
}

TEST_F(StoreTest, ADamagedBlockIsWrittenAgainWhileTheLogStillHasItsSpans) {
  ASSERT_TRUE(sim_.append(batch_of({{.trace = 1, .start = kNow}})));
  ASSERT_TRUE(sim_.store->flush());
  std::string path = block_paths().at(0);
  sim_.store.reset();
  sim_.disk.overwrite(path, "no block");
  ASSERT_TRUE(sim_.open());
  EXPECT_EQ(sim_.trace(1).size(), 1u);
  ASSERT_TRUE(sim_.store->flush());
  EXPECT_EQ(sim_.trace(1).size(), 1u);
  // Under another name: the damaged file is evidence.
  EXPECT_EQ(block_paths().size(), 2u);
  EXPECT_EQ(sim_.disk.content(path), "no block");
}

TEST_F(StoreTest, ABlockOfAnotherVersionIsRefused) {
  ASSERT_TRUE(sim_.append(batch_of({{.trace = 1, .start = kNow}})));
  ASSERT_TRUE(sim_.store->flush());
  sim_.store.reset();
  sim_.disk.overwrite(block_paths().at(0), block_format::encode_footer({}, 7));
  auto opened = sim_.open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kUnsupported);
  EXPECT_NE(opened.error().message.find("version 7"), std::string::npos);
}

TEST_F(StoreTest, RefusesBadOptions) {
  for (const auto& change : std::vector<std::function<void(StoreOptions&)>>{
           [](auto& o) { o.directory = ""; }, [](auto& o) { o.head_bytes = 1; },
           [](auto& o) { o.log_segment_bytes = 1; }, [](auto& o) { o.retention = hours(0); },
           [](auto& o) { o.retention_overrides[Tenant()].max_bytes = 0; }}) {
    StoreOptions options = sim_.options;
    change(options);
    auto opened = Store::open(options);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Code::kInvalid);
  }
}

TEST(Store, WorksOnTheRealDisk) {
  std::string directory = ::testing::TempDir() + "/clew-store-XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  StoreOptions options{.directory = directory + "/data"};
  otlp::Batch batch = batch_of({{.trace = 1}, {.trace = 2}});
  for (int i = 0; i < 3; ++i) {
    auto store = Store::open(options);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_FALSE(Store::open(options));
    if (i == 0) {
      std::promise<Result<void>> accepted;
      (*store)->append(Tenant(), batch, [&](auto result) { accepted.set_value(result); });
      ASSERT_TRUE(accepted.get_future().get());
    }
    auto trace = (*store)->trace(Tenant(), trace_id(2));
    ASSERT_TRUE(trace);
    EXPECT_EQ(trace->spans.spans().size(), 1u);
    if (i == 1) {
      ASSERT_TRUE((*store)->flush());
    }
  }
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace clew::store
