// Power cuts at random moments: what was acknowledged is there exactly once afterwards, and nothing
// is there that was never sent. A failing seed fails again.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "base/log.h"
#include "store/testing.h"

namespace clew::store {
namespace {

using testing::SimulatedStore;

constexpr uint64_t kSeeds = 1200;
constexpr uint64_t kTraces = 12;
constexpr UnixNanos kDay = 86'400'000'000'000;

/// One life after another of one store, and what it owes.
class CrashRun {
 public:
  explicit CrashRun(uint64_t seed) : random_(seed), sim_(seed) {
    sim_.options.head_bytes = 64 << 10;
    sim_.options.small_segment_rows = below(2) * 20;  // half of the runs copy every segment
    sim_.options.log_segment_bytes = 4096 << below(4);
    sim_.options.cache_bytes = 64 << 10;
  }

  void run() {
    for (int life = 0; life < 4; ++life) {
      // The first lives may even end while the store opens.
      sim_.disk.crash_after(below(life == 0 ? 40 : 150));
      bool opened = sim_.open().has_value();
      for (int step = 0; opened && step < 60 && !sim_.disk.crashed(); ++step) act();
      sim_.store.reset();
      sim_.disk.restart();
      ASSERT_NO_FATAL_FAILURE(check()) << "life " << life;
      sim_.store.reset();
    }
  }

 private:
  uint64_t below(uint64_t bound) { return random_() % bound; }

  void act() {
    uint64_t dice = below(20);
    if (dice < 10) return send();
    if (dice < 17) return static_cast<void>(sim_.store->pump());
    if (dice == 17 && below(3) == 0) return sim_.store->compact();
    if (dice == 17) return static_cast<void>(sim_.store->flush());
    if (dice == 18) return sim_.disk.fail_syncs(static_cast<int>(below(2)));
    sim_.clock.advance(std::chrono::seconds(below(3)));
  }

  void send() {
    std::vector<otlp::testing::SpanSpec> specs;
    for (uint64_t i = below(4); i < 4; ++i)
      specs.push_back({.trace = 1 + below(kTraces),
                       .span = ++last_span_,
                       .start = sim_.clock.now() - below(1000) - below(2) * kDay,
                       .attributes = {{"fat", std::string(below(3000), 'x')}}});
    otlp::Batch batch = otlp::testing::batch_of(specs);
    std::vector<std::string> spans = testing::contents(batch);
    sent_.insert(spans.begin(), spans.end());
    const Tenant& tenant = tenants_[below(2)];
    bool again = below(10) == 0;  // an exporter that retries although it was heard
    for (int i = 0; i < (again ? 2 : 1); ++i)
      sim_.store->append(tenant, batch, [this, spans](Result<void> result) {
        if (result) acknowledged_.insert(spans.begin(), spans.end());
      });
  }

  void check() {
    auto opened = sim_.open();
    ASSERT_TRUE(opened) << opened.error().message;
    std::set<std::string> found;
    for (const Tenant& tenant : tenants_)
      for (uint64_t trace = 1; trace <= kTraces; ++trace)
        for (const std::string& span : sim_.trace(trace, tenant)) {
          ASSERT_TRUE(sent_.contains(span)) << "never sent, in trace " << trace;
          ASSERT_TRUE(found.insert(span).second) << "twice, in trace " << trace;
        }
    for (const std::string& span : acknowledged_)
      ASSERT_TRUE(found.contains(span)) << "acknowledged and lost, of " << acknowledged_.size();
    for (const Tenant& tenant : tenants_) {
      auto found = sim_.store->find(tenant, testing::query({}), 1000, testing::kNoDeadline);
      ASSERT_TRUE(found.complete);
    }
    // What a crash left over and was not acknowledged is there for good from now on.
    acknowledged_ = std::move(found);
  }

  std::mt19937_64 random_;
  SimulatedStore sim_;
  std::set<std::string> sent_, acknowledged_;
  uint64_t last_span_ = 0;
  const Tenant tenants_[2] = {Tenant(), Tenant::parse("other").value()};
};

TEST(StoreCrash, NoAcknowledgedSpanIsEverLostOrDoubled) {
  // Thousands of simulated failures say so in the log: only this run's own verdict matters.
  spdlog::level::level_enum level = spdlog::get_level();
  spdlog::set_level(spdlog::level::off);
  for (uint64_t seed = 1; seed <= testing::seeds(kSeeds); ++seed) {
    CrashRun(seed).run();
    if (::testing::Test::HasFatalFailure()) {
      ADD_FAILURE() << "seed " << seed;
      break;
    }
  }
  spdlog::set_level(level);
}

}  // namespace
}  // namespace clew::store
