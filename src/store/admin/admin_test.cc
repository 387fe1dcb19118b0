// What operators do with a directory, on the simulated disk.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "store/admin/export.h"
#include "store/admin/repair.h"
#include "store/admin/snapshot.h"
#include "store/admin/stat.h"
#include "store/admin/verify.h"
#include "store/block_format.h"
#include "store/block_listing.h"
#include "store/block_storage_local.h"
#include "store/testing.h"

namespace clew::store {
namespace {

using testing::SimulatedStore;
using testing::SpanSpec;

constexpr UnixNanos kStart = 999'999'000'000'000'000;
constexpr uint64_t kSpansOfTrace = 3;

otlp::Batch batch_of_trace(uint64_t trace) {
  std::vector<SpanSpec> spans;
  for (uint64_t i = 0; i < kSpansOfTrace; ++i)
    spans.push_back({.trace = trace,
                     .span = trace * 10 + i,
                     .parent = i == 0 ? 0 : trace * 10,
                     .service = i == 0 ? "shop" : "stock",
                     .name = "GET /" + std::to_string(trace % 7),
                     .start = kStart + trace * 1'000'000 + i,
                     .attributes = {{"id", "value-" + std::to_string(trace * 31 + i)}}});
  return otlp::testing::batch_of(spans);
}

/// A store with traces [1, blocks * per_block] in blocks and `logged` more in its log.
class Admin : public ::testing::Test {
 protected:
  void fill(uint64_t blocks, uint64_t per_block, uint64_t logged) {
    ASSERT_TRUE(store_.open());
    for (uint64_t block = 0; block < blocks; ++block) {
      for (uint64_t i = 0; i < per_block; ++i)
        ASSERT_TRUE(store_.append(batch_of_trace(++traces_)));
      ASSERT_TRUE(store_.store->flush());
    }
    for (uint64_t i = 0; i < logged; ++i) ASSERT_TRUE(store_.append(batch_of_trace(++traces_)));
  }

  Result<VerifySummary> verify(const std::string& directory = "/data") {
    checks_.clear();
    VerifyEvents events;
    events.block = [&](const BlockCheck& check) { checks_.push_back(check); };
    return verify_store(store_.disk, directory, events);
  }

  Result<RepairSummary> repair() {
    repairs_.clear();
    RepairEvents events;
    events.block = [&](const BlockRepair& repair) { repairs_.push_back(repair); };
    return repair_store(store_.disk, "/data", store_.clock.now(), events);
  }

  std::vector<std::string> files(const std::string& directory) {
    auto names = store_.disk.list(directory);
    return names ? *names : std::vector<std::string>{};
  }
  std::string block_path(size_t number = 0) {
    return "/data/blocks/anonymous/" + files("/data/blocks/anonymous")[number];
  }
  void flip(const std::string& path, size_t at) {
    std::string content = store_.disk.content(path);
    content[at] = static_cast<char>(content[at] ^ 0x10);
    store_.disk.overwrite(path, content);
  }

  /// Traces of [1, traces_] that are there in full, of a store opened in `directory`.
  std::set<uint64_t> whole_traces(const std::string& directory, bool read_only = false) {
    StoreOptions options = store_.options;
    options.directory = directory;
    options.read_only = read_only;
    auto store = Store::open(options);
    EXPECT_TRUE(store) << store.error().message;
    std::set<uint64_t> whole;
    for (uint64_t trace = 1; store && trace <= traces_; ++trace) {
      auto found = (*store)->trace({}, otlp::testing::trace_id(trace));
      if (!found) continue;
      EXPECT_LE(found->spans.spans().size(), kSpansOfTrace);
      if (found->spans.spans().size() == kSpansOfTrace) whole.insert(trace);
    }
    return whole;
  }

  SimulatedStore store_;
  uint64_t traces_ = 0;
  std::vector<BlockCheck> checks_;
  std::vector<BlockRepair> repairs_;
};

TEST_F(Admin, AWholeStoreIsWholeAlsoWhileItIsOpen) {
  fill(3, 200, 50);
  auto summary = verify();
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_TRUE(summary->is_whole())
      << (checks_.empty() ? "" : ::testing::PrintToString(checks_[0].damage));
  EXPECT_EQ(summary->blocks, files("/data/blocks/anonymous").size());
  EXPECT_EQ(summary->spans, 600 * kSpansOfTrace);
  EXPECT_GE(summary->log_spans, 50 * kSpansOfTrace);
}

TEST_F(Admin, NoStoreIsNotFound) {
  auto summary = verify("/nowhere");
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().code, Code::kNotFound);
  EXPECT_EQ(stat_store(store_.disk, "/nowhere").error().code, Code::kNotFound);
  EXPECT_EQ(snapshot_store(store_.disk, "/nowhere", "/copy").error().code, Code::kNotFound);
  EXPECT_EQ(repair().error().code, Code::kNotFound);
}

TEST_F(Admin, EveryFlippedByteOfABlockIsFound) {
  fill(1, 20, 0);
  store_.store.reset();
  std::string path = block_path(), whole = store_.disk.content(path);
  for (size_t at = 0; at < whole.size(); ++at) {
    flip(path, at);
    auto summary = verify();
    ASSERT_TRUE(summary) << at;
    EXPECT_FALSE(summary->is_whole()) << "byte " << at << " of " << whole.size();
    store_.disk.overwrite(path, whole);
  }
}

TEST_F(Admin, ATornEndOfTheLogIsNoDamageAndAFlippedRecordIs) {
  fill(0, 0, 30);
  store_.store.reset();
  std::string path = "/data/log/" + files("/data/log")[0], whole = store_.disk.content(path);
  store_.disk.overwrite(path, whole.substr(0, whole.size() - 5));
  EXPECT_TRUE(verify()->is_whole());
  store_.disk.overwrite(path, whole);
  flip(path, whole.size() / 2);
  EXPECT_EQ(verify()->damaged_segments, 1u);
}

TEST_F(Admin, RepairRebuildsEverythingWhenOnlyAnIndexIsDamaged) {
  fill(1, 300, 0);
  store_.store.reset();
  std::string path = block_path();
  std::string content = store_.disk.content(path);
  auto footer = block_format::decode_footer(
      std::string_view(content).substr(content.size() - block_format::kFooterBytes -
                                       block_format::kTrailerBytes),
      content.size());
  ASSERT_TRUE(footer);
  flip(path, footer->trace_index.offset + 9);
  auto repaired = repair();
  ASSERT_TRUE(repaired) << repaired.error().message;
  EXPECT_EQ(repaired->damaged_blocks, 1u);
  ASSERT_EQ(repairs_.size(), 1u);
  EXPECT_TRUE(repairs_[0].rewritten);
  EXPECT_EQ(repairs_[0].lost_spans, 0u);
  EXPECT_TRUE(verify()->is_whole());
  EXPECT_EQ(whole_traces("/data").size(), traces_);
  EXPECT_EQ(files("/data/damaged/blocks/anonymous").size(), 1u);
}

TEST_F(Admin, RepairKeepsTheRowGroupsThatCanBeRead) {
  fill(1, 4000, 0);  // 12,000 spans: three groups
  store_.store.reset();
  flip(block_path(), 5000);
  auto repaired = repair();
  ASSERT_TRUE(repaired) << repaired.error().message;
  ASSERT_EQ(repairs_.size(), 1u);
  EXPECT_TRUE(repairs_[0].rewritten);
  ASSERT_TRUE(repairs_[0].lost_spans);
  EXPECT_GT(*repairs_[0].lost_spans, 0u);
  EXPECT_LT(*repairs_[0].lost_spans, traces_ * kSpansOfTrace / 2);
  EXPECT_EQ(repaired->lost_spans, *repairs_[0].lost_spans);
  auto summary = verify();
  EXPECT_TRUE(summary->is_whole());
  EXPECT_EQ(summary->spans + *repairs_[0].lost_spans, traces_ * kSpansOfTrace);
  EXPECT_GE(whole_traces("/data").size(), traces_ - *repairs_[0].lost_traces);
  // Once is enough.
  EXPECT_EQ(repair()->damaged_blocks, 0u);
  EXPECT_EQ(files("/data/damaged/blocks/anonymous").size(), 1u);
}

TEST_F(Admin, RepairSetsAsideWhatCannotBeReadAtAll) {
  fill(2, 100, 0);
  store_.store.reset();
  std::string path = block_path(), content = store_.disk.content(path);
  store_.disk.overwrite(path, content.substr(0, content.size() - 1));
  auto repaired = repair();
  ASSERT_TRUE(repaired) << repaired.error().message;
  EXPECT_EQ(repaired->unknown_losses, 1u);
  ASSERT_EQ(repairs_.size(), 1u);
  EXPECT_FALSE(repairs_[0].rewritten);
  EXPECT_EQ(store_.disk.content(repairs_[0].set_aside), content.substr(0, content.size() - 1));
  EXPECT_TRUE(verify()->is_whole());
}

TEST_F(Admin, RepairWritesADamagedSegmentAnew) {
  fill(0, 0, 30);
  store_.store.reset();
  std::string path = "/data/log/" + files("/data/log")[0];
  flip(path, store_.disk.content(path).size() / 2);
  auto repaired = repair();
  ASSERT_TRUE(repaired) << repaired.error().message;
  EXPECT_EQ(repaired->damaged_segments, 1u);
  EXPECT_TRUE(verify()->is_whole());
  EXPECT_EQ(whole_traces("/data").size(), 29u);
}

TEST_F(Admin, RepairNeedsTheDirectoryForItself) {
  fill(1, 10, 0);
  auto repaired = repair();
  ASSERT_FALSE(repaired);
  EXPECT_EQ(repaired.error().code, Code::kUnavailable);
}

TEST(Repair, ACrashInBetweenLosesNothing) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SimulatedStore store(seed);
    ASSERT_TRUE(store.open());
    for (uint64_t trace = 1; trace <= 60; ++trace) ASSERT_TRUE(store.append(batch_of_trace(trace)));
    ASSERT_TRUE(store.store->flush());
    store.store.reset();
    std::string path =
        "/data/blocks/anonymous/" + store.disk.list("/data/blocks/anonymous").value()[0];
    std::string content = store.disk.content(path);
    // The index of traces: every row can be read.
    size_t tail = block_format::kFooterBytes + block_format::kTrailerBytes;
    auto footer = block_format::decode_footer(
        std::string_view(content).substr(content.size() - tail), content.size());
    content[footer->trace_index.offset + 9] ^= 1;
    store.disk.overwrite(path, content);
    store.disk.crash_after(seed % 20 + 1);
    bool crashed = !repair_store(store.disk, "/data", store.clock.now(), {}).has_value();
    store.disk.restart();
    auto again = repair_store(store.disk, "/data", store.clock.now(), {});
    ASSERT_TRUE(again) << "seed " << seed << ": " << again.error().message;
    EXPECT_EQ(again->lost_spans, 0u);
    EXPECT_TRUE(verify_store(store.disk, "/data", {})->is_whole());
    ASSERT_TRUE(store.open());
    for (uint64_t trace = 1; trace <= 60; ++trace)
      ASSERT_EQ(store.trace(trace).size(), kSpansOfTrace) << "seed " << seed << " " << crashed;
  }
}

TEST_F(Admin, StatAccountsForEveryByte) {
  fill(2, 500, 10);
  auto stat = stat_store(store_.disk, "/data");
  ASSERT_TRUE(stat) << stat.error().message;
  EXPECT_EQ(stat->spans, 1000 * kSpansOfTrace);
  uint64_t columns = 0, days = 0;
  std::map<std::string, uint64_t> by_name;
  for (const ColumnStat& column : stat->columns) {
    columns += column.total();
    by_name[column.name] = column.total();
  }
  for (const DayStat& day : stat->days) days += day.bytes;
  EXPECT_EQ(columns, stat->bytes);
  EXPECT_EQ(days, stat->bytes);
  EXPECT_GE(by_name["span IDs"], stat->spans * 8);
  EXPECT_GT(by_name["id"], 0u);
  EXPECT_TRUE(std::ranges::is_sorted(stat->columns, std::greater(), &ColumnStat::total));
}

TEST_F(Admin, AReadOnlyStoreSeesAllAndChangesNothing) {
  fill(2, 50, 20);
  uint64_t changes = store_.disk.changes();
  EXPECT_EQ(whole_traces("/data", /*read_only=*/true).size(), traces_);
  StoreOptions options = store_.options;
  options.read_only = true;
  auto store = Store::open(options);
  ASSERT_TRUE(store);
  std::optional<Result<void>> answer;
  (*store)->append({}, batch_of_trace(1), [&](Result<void> result) { answer = result; });
  ASSERT_TRUE(answer);
  EXPECT_FALSE(*answer);
  EXPECT_FALSE((*store)->flush());
  EXPECT_FALSE((*store)->pin({}, otlp::testing::trace_id(1)));
  (*store)->compact();
  EXPECT_FALSE((*store)->pump());
  store->reset();
  EXPECT_EQ(store_.disk.changes(), changes);
}

TEST_F(Admin, ASnapshotHasEverySpanOnce) {
  fill(3, 50, 20);
  auto summary = snapshot_store(store_.disk, "/data", "/copy");
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->blocks, files("/data/blocks/anonymous").size());
  EXPECT_EQ(summary->copied_blocks, 0u);
  uint64_t copied = traces_;
  ASSERT_TRUE(store_.append(batch_of_trace(++traces_)));
  EXPECT_EQ(whole_traces("/copy").size(), copied);
  auto again = snapshot_store(store_.disk, "/data", "/copy");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kInvalid);
}

TEST_F(Admin, ASnapshotWithoutLinksIsACopy) {
  fill(2, 50, 20);
  store_.disk.refuse_links(true);
  auto summary = snapshot_store(store_.disk, "/data", "/copy");
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->copied_blocks, summary->blocks);
  EXPECT_EQ(whole_traces("/copy").size(), traces_);
}

TEST_F(Admin, ASnapshotSurvivesAPowerCut) {
  fill(2, 50, 20);
  ASSERT_TRUE(snapshot_store(store_.disk, "/data", "/copy"));
  store_.store.reset();
  store_.disk.restart();
  EXPECT_EQ(whole_traces("/copy").size(), traces_);
}

/// A disk on which something happens just before a file is opened or linked.
TEST_F(Admin, BlocksThatAreMergedMeanwhileAreReplaced) {
  fill(4, 50, 20);
  auto storage = BlockStorageLocal::attach(store_.disk, "/data/blocks");
  std::set<std::string> seen;
  bool merged = false;
  auto blocks = visit_blocks(*storage, [&](const StoredBlock& block) -> Result<void> {
    if (!std::exchange(merged, true)) store_.store->compact();
    auto file = storage->open(block.key);
    if (!file) return std::unexpected(file.error());
    seen.insert(block.key.id);
    return {};
  });
  ASSERT_TRUE(blocks) << blocks.error().message;
  ASSERT_EQ(blocks->size(), files("/data/blocks/anonymous").size());
  for (const StoredBlock& block : *blocks) EXPECT_TRUE(seen.contains(block.key.id));
}

class ExportTest : public Admin {
 protected:
  /// How often each trace's spans were written.
  std::map<uint64_t, uint64_t> spans_of(const Filter& filter, std::optional<size_t> limit = {}) {
    std::map<uint64_t, uint64_t> spans;
    auto summary = export_traces(*store_.store, {}, filter, limit, [&](std::string_view request) {
      auto batch = otlp::Batch::index(SharedBytes::copy(request));
      EXPECT_TRUE(batch);
      for (const otlp::SpanRef& span : batch->spans()) {
        uint64_t number = 0;
        for (size_t i = 8; i < 16; ++i) number = number << 8 | span.trace_id.bytes[i];
        ++spans[number];
      }
      return Result<void>();
    });
    EXPECT_TRUE(summary);
    EXPECT_EQ(summary->traces, spans.size());
    return spans;
  }
};

TEST_F(ExportTest, WritesEveryTraceInFullOnce) {
  fill(3, 100, 50);
  auto spans = spans_of({});
  EXPECT_EQ(spans.size(), traces_);
  for (const auto& [trace, count] : spans) EXPECT_EQ(count, kSpansOfTrace) << trace;
}

TEST_F(ExportTest, WritesWholeTracesOfWhatMatches) {
  fill(1, 70, 0);
  auto spans = spans_of({.service = "shop", .operation = "GET /3"});
  EXPECT_EQ(spans.size(), 10u);
  for (const auto& [trace, count] : spans) {
    EXPECT_EQ(trace % 7, 3u);
    EXPECT_EQ(count, kSpansOfTrace);
  }
  EXPECT_EQ(spans_of({.conditions = {Condition::parse("id=value-62").value()}}).size(), 1u);
}

TEST_F(ExportTest, TheLimitLeavesTheNewest) {
  fill(2, 50, 0);
  auto spans = spans_of({}, 5);
  ASSERT_EQ(spans.size(), 5u);
  EXPECT_EQ(spans.begin()->first, traces_ - 4);
}

TEST_F(ExportTest, MoreTracesThanAPageAreFoundByRangesOfTime) {
  ASSERT_TRUE(store_.open());
  std::vector<SpanSpec> specs;
  constexpr uint64_t kTraces = 45'000;
  for (uint64_t trace = 1; trace <= kTraces; ++trace) {
    // A span early and one late, so that the trace matches in several ranges; half of them at once.
    UnixNanos start = trace % 2 == 0 ? kStart : kStart + trace * 1'000'000;
    specs.push_back({.trace = trace, .span = 1, .start = start});
    specs.push_back({.trace = trace, .span = 2, .start = start + 20'000'000'000});
  }
  ASSERT_TRUE(store_.append(otlp::testing::batch_of(specs)));
  auto spans = spans_of({});
  EXPECT_EQ(spans.size(), kTraces);
  for (const auto& [trace, count] : spans) ASSERT_EQ(count, 2u) << trace;
}

}  // namespace
}  // namespace clew::store
