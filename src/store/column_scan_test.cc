#include "store/column_scan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "store/random_spans.h"
#include "store/testing.h"

namespace clew::store {
namespace {

using namespace testing;

/// What a scan of everything says of a span.
std::string described(const otlp::Batch& batch, const otlp::SpanRef& ref, UnixNanos start,
                      uint64_t duration) {
  otlp::Span span = batch.decode(ref);
  std::string text =
      fmt::format("{} {} {} {} {} {}", start, duration, span.name, otlp::name_of(span.kind),
                  otlp::name_of(span.status), batch.resource_of(ref).service_name);
  for (std::string_view key : {"color", "mixed", "fat"}) {
    // One key may be there several times; their order is not what a sample says.
    std::vector<std::string> values;
    for (const otlp::Attribute& attribute : span.attributes())
      if (attribute.key == key) values.push_back(attribute.value.text().substr(0, 100));
    std::ranges::sort(values);
    text += fmt::format(" {}", values);
  }
  return text;
}

class Everything final : public ColumnScan {
 public:
  const ScanColumns& columns() const override { return columns_; }
  bool wants(UnixNanos first, UnixNanos last) const override {
    return first <= most_ && last >= least_;
  }
  uint32_t class_of(const otlp::Batch& sample) override {
    samples_.push_back(sample);
    return static_cast<uint32_t>(samples_.size() - 1);
  }
  void rows(std::span<const uint32_t> classes, std::span<const UnixNanos> starts,
            std::span<const uint64_t> durations) override {
    for (size_t row = 0; row < classes.size(); ++row) {
      const otlp::Batch& sample = samples_[classes[row]];
      if (starts[row] < least_ || starts[row] > most_) continue;
      found.push_back(described(sample, sample.spans()[0], starts[row], durations[row]));
    }
  }

  void between(UnixNanos least, UnixNanos most) {
    least_ = least;
    most_ = most;
  }
  size_t samples() const { return samples_.size(); }

  std::vector<std::string> found;

 private:
  ScanColumns columns_{.operation = true,
                       .resource = true,
                       .status = true,
                       .duration = true,
                       .attributes = {"color", "mixed", "fat"}};
  UnixNanos least_ = 0, most_ = UINT64_MAX;
  std::vector<otlp::Batch> samples_;
};

/// Half of the spans in blocks, half in the head.
TEST(ColumnScan, ShowsWhatTheSpansHave) {
  SimulatedStore sim;
  ASSERT_TRUE(sim.open());
  Dice dice(7);
  constexpr uint64_t kSpans = 400;
  std::vector<std::string> expected, in_time;
  constexpr UnixNanos kFrom = kRandomStart + 100, kTo = kRandomStart + 200;
  for (uint64_t number = 1; number <= kSpans; ++number) {
    otlp::Batch batch = rich_batch({random_span(dice, number).spec});
    for (const otlp::SpanRef& ref : batch.spans()) {
      otlp::Span span = batch.decode(ref);
      expected.push_back(described(batch, ref, span.start, span.duration()));
      if (span.start >= kFrom && span.start <= kTo) in_time.push_back(expected.back());
    }
    ASSERT_TRUE(sim.append(batch));
    if (number == kSpans / 2) {
      ASSERT_TRUE(sim.store->flush());
    }
  }
  Everything scan, window;
  EXPECT_TRUE(sim.store->scan_columns(Tenant(), scan));
  window.between(kFrom, kTo);
  EXPECT_TRUE(sim.store->scan_columns(Tenant(), window));
  std::ranges::sort(expected);
  std::ranges::sort(in_time);
  std::ranges::sort(scan.found);
  std::ranges::sort(window.found);
  EXPECT_EQ(scan.found, expected);
  EXPECT_EQ(window.found, in_time);
}

TEST(ColumnScan, ShowsPinnedTracesOnce) {
  SimulatedStore sim;
  ASSERT_TRUE(sim.open());
  auto seen = [&] {
    Everything scan;
    EXPECT_TRUE(sim.store->scan_columns(Tenant(), scan));
    return scan.found.size();
  };
  for (uint64_t i = 1; i <= 3; ++i)
    ASSERT_TRUE(sim.append(otlp::testing::batch_of({{.trace = i, .span = i}})));
  ASSERT_TRUE(sim.store->pin(Tenant(), otlp::testing::trace_id(2)));
  EXPECT_EQ(seen(), 3U);
  ASSERT_TRUE(sim.store->flush());
  EXPECT_EQ(seen(), 3U);
  ASSERT_TRUE(sim.store->unpin(Tenant(), otlp::testing::trace_id(2)));
  EXPECT_EQ(seen(), 3U);
}

TEST(ColumnScan, ShowsEachKindOfSpanOnce) {
  SimulatedStore sim;
  ASSERT_TRUE(sim.open());
  for (uint64_t i = 1; i <= 50; ++i)
    ASSERT_TRUE(sim.append(otlp::testing::batch_of(
        {{.trace = i, .span = i, .attributes = {{"color", i % 2 == 0 ? "red" : "blue"}}}})));
  ASSERT_TRUE(sim.store->flush());
  Everything scan;
  EXPECT_TRUE(sim.store->scan_columns(Tenant(), scan));
  EXPECT_EQ(scan.found.size(), 50U);
  EXPECT_EQ(scan.samples(), 2U);
}

TEST(ColumnScan, EndsWhenItIsOver) {
  SimulatedStore sim;
  ASSERT_TRUE(sim.open());
  ASSERT_TRUE(sim.append(otlp::testing::batch_of({{.trace = 1, .span = 1}})));
  Everything scan;
  EXPECT_FALSE(sim.store->scan_columns(Tenant(), scan, [] { return true; }));
  EXPECT_TRUE(scan.found.empty());
}

}  // namespace
}  // namespace clew::store
