// Random batches and random searches, compared with a naive list of spans; with flushes and
// restarts in between. A failing seed fails again.
#include <gtest/gtest.h>

#include "base/log.h"
#include "store/random_spans.h"

namespace clew::store {
namespace {

using testing::Dice;
using testing::NaiveSpan;
using testing::RichSpec;
using testing::SimulatedStore;

constexpr uint64_t kSeeds = 60;
using testing::kRandomTraces;
constexpr UnixNanos kDay = 86'400'000'000'000;

class ModelRun {
 public:
  explicit ModelRun(uint64_t seed) : dice_(seed), sim_(seed) {
    sim_.options.head_bytes = 64 << 10;
    sim_.options.small_segment_rows = dice_.below(2) * 20;  // half of the runs copy every segment
    sim_.options.log_segment_bytes = 8 << 10;
    sim_.options.cache_bytes = dice_.below(2) << 16;  // half of the runs have none
    sim_.options.retention_overrides[brief_tenant_].max_age = std::chrono::hours(1);
  }

  void run() {
    ASSERT_TRUE(sim_.open());
    for (int step = 0; step < 60; ++step) {
      uint64_t dice = dice_.below(12);
      if (dice < 4)
        ASSERT_NO_FATAL_FAILURE(append());
      else if (dice == 4)
        ASSERT_TRUE(sim_.store->flush());
      else if (dice == 5)
        ASSERT_TRUE(sim_.open());
      else if (dice == 10)
        sim_.store->compact();
      else if (dice == 11)
        ASSERT_NO_FATAL_FAILURE(let_time_pass());
      else
        ASSERT_NO_FATAL_FAILURE(search());
    }
    for (uint64_t trace = 1; trace <= kRandomTraces; ++trace)
      ASSERT_EQ(sim_.trace(trace), model_.trace(trace)) << trace;
  }

  /// Traces of the brief tenant that went.
  size_t expired() const { return expired_; }

 private:
  void append() {
    std::vector<RichSpec> specs;
    std::vector<NaiveSpan> spans;
    for (uint64_t i = dice_.below(12); i < 12; ++i) {
      spans.push_back(testing::random_span(dice_, ++last_span_));
      // Late ones of traces that have blocks already, and traces of several days.
      if (dice_.chance(6)) spans.back().spec.span.start -= dice_.below(3) * kDay;
      specs.push_back(spans.back().spec);
    }
    ASSERT_TRUE(sim_.append(testing::rich_batch(specs)));
    for (const NaiveSpan& span : spans) model_.add(span);
    if (dice_.chance(3)) sim_.store->pump();
  }

  /// What another tenant keeps for an hour only goes; nothing else does, and nothing too early.
  void let_time_pass() {
    const UnixNanos hour = kDay / 24;
    std::vector<otlp::testing::SpanSpec> specs;
    for (uint64_t i = dice_.below(5); i < 5; ++i) {
      specs.push_back({.trace = ++last_brief_, .span = 1, .start = sim_.clock.now()});
      brief_[last_brief_] = sim_.clock.now();
    }
    ASSERT_TRUE(sim_.append(otlp::testing::batch_of(specs), brief_tenant_));
    if (dice_.chance(2)) {
      ASSERT_TRUE(sim_.store->flush());
    }
    sim_.clock.advance(std::chrono::minutes(dice_.below(60)));
    while (sim_.store->pump()) {
    }
    std::vector<uint64_t> found = sim_.find({}, 1000, brief_tenant_);
    std::ranges::sort(found);
    for (uint64_t trace : found) ASSERT_TRUE(brief_.contains(trace));
    for (auto [trace, start] : brief_) {
      bool may_be_gone = start + hour <= sim_.clock.now();
      ASSERT_TRUE(may_be_gone || std::ranges::binary_search(found, trace)) << trace;
    }
    expired_ = std::max(expired_, brief_.size() - found.size());
  }

  void search() {
    Filter filter = testing::random_filter(dice_);
    for (const Condition& condition : filter.conditions)
      ASSERT_EQ(Condition::parse(condition.text()), condition) << condition.text();
    ASSERT_EQ(pages(filter), model_.find(filter)) << describe(filter);
    uint64_t trace = 1 + dice_.below(kRandomTraces);
    ASSERT_EQ(sim_.trace(trace), model_.trace(trace));
    if (dice_.chance(4)) list_values();
  }

  /// Everything that is found, page by page.
  std::vector<FoundTrace> pages(const Filter& filter) {
    Query query = testing::query(filter);
    size_t limit = 1 + dice_.below(30);
    std::vector<FoundTrace> all;
    for (bool more = true; more;) {
      std::optional<FoundTrace> after;
      if (!all.empty()) after = all.back();
      auto found = sim_.store->find(Tenant(), query, limit, testing::kNoDeadline, nullptr, after);
      EXPECT_TRUE(found.complete);
      EXPECT_LE(found.traces.size(), limit);
      EXPECT_TRUE(found.traces.size() == limit || !found.more);
      all.insert(all.end(), found.traces.begin(), found.traces.end());
      more = found.more && all.size() <= kRandomTraces;
    }
    return all;
  }

  void list_values() {
    std::optional<AttributeScope> scope;
    if (dice_.chance(2)) scope = static_cast<AttributeScope>(dice_.below(4));
    std::string key = dice_.pick({"mixed", "color", "number", "absent"});
    std::set<std::string> texts;
    for (const TagValue& value : sim_.store->tag_values(Tenant(), scope, key, "", 1000))
      texts.insert(value.text);
    ASSERT_EQ(texts, model_.values(scope, key)) << key;
  }

  static std::string describe(const Filter& filter) {
    std::string out;
    for (const Condition& condition : filter.conditions) out += condition.text() + "; ";
    for (const Tag& tag : filter.tags) out += tag.key + ":" + tag.value + "; ";
    return out;
  }

  const Tenant brief_tenant_ = Tenant::parse("brief").value();
  Dice dice_;
  SimulatedStore sim_;
  testing::NaiveModel model_;
  uint64_t last_span_ = 0;
  std::map<uint64_t, UnixNanos> brief_;  // its traces and their starts
  uint64_t last_brief_ = 0;
  size_t expired_ = 0;
};

TEST(StoreModel, AnswersLikeANaiveList) {
  auto level = spdlog::get_level();
  spdlog::set_level(spdlog::level::warn);
  size_t expired = 0;
  for (uint64_t seed = 1; seed <= testing::seeds(kSeeds); ++seed) {
    ModelRun run(seed);
    run.run();
    expired += run.expired();
    if (::testing::Test::HasFailure()) {
      ADD_FAILURE() << "seed " << seed;
      break;
    }
  }
  EXPECT_GT(expired, 0u);
  spdlog::set_level(level);
}

}  // namespace
}  // namespace clew::store
