// Appending, searching, flushing, merging and pinning at once, on the real clock and disk;
// tools/run-sanitizers runs it under ThreadSanitizer too.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "store/call_counter.h"
#include "store/column_scan.h"
#include "store/head.h"
#include "store/testing.h"

namespace clew::store {
namespace {

constexpr int kWriters = 2;
constexpr uint64_t kBatches = 150;
constexpr uint64_t kSpans = 40;

/// Counts spans, each by the class that it was given.
class Counter final : public ColumnScan {
 public:
  const ScanColumns& columns() const override { return columns_; }
  bool wants(UnixNanos, UnixNanos) const override { return true; }
  uint32_t class_of(const otlp::Batch& sample) override {
    samples_ += sample.spans().size();
    return classes_++;
  }
  void rows(std::span<const uint32_t> classes, std::span<const UnixNanos> starts,
            std::span<const uint64_t>) override {
    spans += starts.size();
    for (uint32_t each : classes) is_right &= each < classes_;
  }

  uint64_t spans = 0;
  bool is_right = true;

 private:
  ScanColumns columns_{.operation = true, .duration = true, .attributes = {"number", "fat"}};
  uint32_t classes_ = 0;
  size_t samples_ = 0;
};

class StoreThreads : public ::testing::Test {
 protected:
  StoreThreads() {
    std::string name = ::testing::TempDir() + "/clew-threads-XXXXXX";
    directory_ = ::mkdtemp(name.data());
    options_ = {.directory = directory_, .head_bytes = 1 << 20, .log_segment_bytes = 64 << 10};
    store_ = Store::open(options_).value();
    spdlog::set_level(spdlog::level::warn);
  }
  ~StoreThreads() override {
    store_.reset();
    std::filesystem::remove_all(directory_);
    spdlog::set_level(spdlog::level::info);
  }

  /// Each trace gets two batches, its number is the writer's and the batch's.
  void write(uint64_t writer) {
    for (uint64_t i = 0; i < kBatches; ++i) {
      std::vector<otlp::testing::SpanSpec> specs;
      specs.reserve(kSpans);
      for (uint64_t s = 0; s < kSpans; ++s)
        specs.push_back({.trace = 1 + (writer * kBatches + i) / 2,
                         .span = writer * 1'000'000 + i * 1000 + s + 1,
                         .start = Clock::system().now(),
                         .attributes = {{"fat", std::string(200, 'x')},
                                        {"number", fmt::format("{}", writer * 1000 + i)}}});
      append(otlp::testing::batch_of(specs));
    }
  }

  /// Waits for the answer and tries again when refused, as an exporter does.
  void append(const otlp::Batch& batch) {
    while (true) {
      std::optional<bool> accepted;
      store_->append(Tenant(), batch, [&](Result<void> result) {
        std::lock_guard lock(mutex_);
        accepted = result.has_value();
        answered_.notify_all();
      });
      {
        std::unique_lock lock(mutex_);
        answered_.wait(lock, [&] { return accepted.has_value(); });
      }
      if (accepted.value_or(false)) break;
      ++refused_;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    // Visible as soon as it is acknowledged.
    auto trace = store_->trace(Tenant(), batch.spans().front().trace_id);
    if (!trace || trace->spans.spans().size() < kSpans) ++invisible_;
  }

  void query() {
    while (!done_) {
      Query query = testing::query({.service = "shop", .tags = {{"fat", std::string(200, 'x')}}});
      auto found = store_->find(Tenant(), query, 20, testing::kNoDeadline);
      for (const auto& trace : found.traces)
        if (!store_->trace(Tenant(), trace.id)) ++invisible_;
      store_->services(Tenant());
      store_->tag_names(Tenant(), std::nullopt);
      store_->tag_values(Tenant(), std::nullopt, "number", "", 10);
      store_->stats();
      ++queries_;
    }
  }

  /// Looks at all spans, in the ways that read columns.
  void scan() {
    for (uint64_t i = 0; !done_; ++i) {
      Counter counter;
      if (!store_->scan_columns(Tenant(), counter) || !counter.is_right) ++invisible_;
      if (!store_->count_calls(Tenant(), {0, UINT64_MAX}).complete) ++invisible_;
      TraceId id = testing::trace_id(1 + i % 7);
      uint64_t outlines = 0, spans = 0;
      auto reading = store_->read_trace(Tenant(), id);
      reading->visit_outlines([&](const SpanOutline&) { ++outlines; });
      while (reading->next([&](const otlp::Batch&, const otlp::SpanRef&) { ++spans; })) {
      }
      if (!reading->complete() || spans < outlines) ++invisible_;
      ++scans_;
    }
  }

  /// Pins and unpins what is there; whatever is pinned is whole.
  void pin() {
    for (uint64_t i = 0; !done_; ++i) {
      TraceId id = testing::trace_id(1 + i % 5);
      if (auto pinned = store_->pin(Tenant(), id); !pinned) {
        if (pinned.error().code != Code::kNotFound) ++invisible_;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        continue;
      }
      if (!store_->trace(Tenant(), id)) ++invisible_;
      if (!store_->unpin(Tenant(), id)) ++invisible_;
      ++pins_;
    }
  }

  std::string directory_;
  StoreOptions options_;
  std::unique_ptr<Store> store_;
  std::mutex mutex_;
  std::condition_variable answered_;
  std::atomic<bool> done_ = false;
  std::atomic<int> refused_ = 0, invisible_ = 0, queries_ = 0, pins_ = 0, scans_ = 0;
};

TEST_F(StoreThreads, AppendFindFlushMergeAndPinAtOnce) {
  std::vector<std::thread> writers;
  writers.reserve(kWriters);
  for (uint64_t i = 0; i < kWriters; ++i) writers.emplace_back([this, i] { write(i); });
  std::thread reader([this] { query(); });
  std::thread scanner([this] { scan(); });
  std::thread pinner([this] { pin(); });
  std::thread merger([this] {
    while (!done_) {
      store_->compact();
      std::this_thread::sleep_for(std::chrono::milliseconds(30));
    }
  });
  std::thread flusher([this] {
    while (!done_) {
      EXPECT_TRUE(store_->flush());
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  });
  for (auto& writer : writers) writer.join();
  done_ = true;
  reader.join();
  scanner.join();
  flusher.join();
  pinner.join();
  merger.join();
  EXPECT_EQ(invisible_, 0);
  EXPECT_GT(queries_, 0);
  EXPECT_GT(pins_, 0);
  EXPECT_GT(scans_, 0);

  for (int restarts = 0; restarts < 2; ++restarts) {
    uint64_t spans = 0;
    for (uint64_t trace = 1; trace <= kWriters * kBatches / 2; ++trace)
      spans += store_->trace(Tenant(), testing::trace_id(trace))->spans.spans().size();
    EXPECT_EQ(spans, kWriters * kBatches * kSpans);
    store_.reset();
    store_ = Store::open(options_).value();
  }
}

TEST_F(StoreThreads, ClosingAnswersEverybody) {
  std::atomic<int> answers = 0;
  auto batch = otlp::testing::batch_of({{.trace = 1}});
  std::thread writer([&] {
    for (int i = 0; i < 500; ++i) store_->append(Tenant(), batch, [&](auto) { ++answers; });
  });
  store_->close();
  writer.join();
  EXPECT_EQ(answers, 500);
}

/// Large enough for runs of rows that are full.
TEST(HeadThreads, IsSearchedAndCountedWhileItGrows) {
  constexpr uint64_t kRequests = 200, kTraces = 50, kRare = 10;  // one trace of kRare requests
  Head head;
  std::atomic<uint64_t> inserted = 0;
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  std::thread writer([&] {
    for (uint64_t i = 0; i < kRequests; ++i) {
      std::vector<otlp::testing::SpanSpec> specs;
      for (uint64_t j = 1; j <= kTraces; ++j) {
        uint64_t trace = i * kTraces + j;
        specs.push_back({.trace = trace, .span = 1, .service = "shop", .start = trace});
        specs.push_back({.trace = trace, .span = 2, .parent = 1, .service = "pay", .start = trace});
        bool is_rare = i % kRare == 0 && j == 1;
        specs.back().attributes = {{"how", is_rare ? "rarely" : "often"}};
      }
      head.insert(i, Tenant(), otlp::testing::batch_of(specs));
      ++inserted;
    }
    done = true;
  });
  auto read = [&] {
    for (bool last = false; !last;) {
      last = done;
      uint64_t least = inserted;
      auto part = head.part(Tenant());
      if (!part) continue;
      Query query = testing::query({.tags = {{"how", "rarely"}}});
      auto search = part->search(query).value();
      uint64_t found = 0;
      while (search->next_start())
        if (search->take().value()) ++found;
      if (found < (least + kRare - 1) / kRare) ++wrong;
      CallTable table;
      if (!part->count_calls({0, UINT64_MAX}, {}, table, {})) ++wrong;
      int64_t calls = table.edges().empty() ? 0 : table.edges()[0].calls;
      if (calls < static_cast<int64_t>(least * kTraces)) ++wrong;
      auto state = part->state_of(testing::trace_id(1)).value();
      if (least > 0 && (!state || state->rows != 2)) ++wrong;
    }
  };
  std::thread one(read), other(read);
  writer.join();
  one.join();
  other.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace clew::store
