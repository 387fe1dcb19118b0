// Random batches and random searches, compared with a naive list of spans; with flushes and
// restarts in between. A failing seed fails again.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/log.h"
#include "store/testing.h"

namespace clew::store {
namespace {

using otlp::SpanKind;
using testing::RichSpec;
using testing::SimulatedStore;

constexpr uint64_t kSeeds = 60;
constexpr uint64_t kTraces = 25;
constexpr UnixNanos kStart = 1'000'000'000'000'000'000;

/// The list: every span, as it was meant.
class Model {
 public:
  void add(const RichSpec& spec) { spans_.push_back(spec); }

  static bool has(const testing::TextAttributes& attributes, const Tag& tag) {
    return std::ranges::find(attributes, std::pair(tag.key, tag.value)) != attributes.end();
  }

  static bool has_tag(const RichSpec& spec, const Tag& tag) {
    if (tag.key == "error")
      return tag.value == (spec.span.status == otlp::StatusCode::kError ? "true" : "false");
    if (tag.key == "span.kind") return tag.value == otlp::name_of(spec.span.kind);
    if (tag.key == "number") return has({{"number", numbers_of(spec)}}, tag);
    return has(spec.span.attributes, tag) || has(spec.resource, tag) || has(spec.event, tag) ||
           has(spec.scope, tag);
  }

  static std::string numbers_of(const RichSpec& spec) { return std::to_string(spec.span.span % 5); }

  static bool matches(const Filter& filter, const RichSpec& spec) {
    const auto& span = spec.span;
    return (filter.service.empty() || span.service == filter.service) &&
           (filter.operation.empty() || span.name == filter.operation) &&
           (!filter.kind || span.kind == *filter.kind) &&
           (!filter.min_duration || span.duration >= *filter.min_duration) &&
           (!filter.max_duration || span.duration <= *filter.max_duration) &&
           span.start >= filter.start_min && span.start <= filter.start_max &&
           std::ranges::all_of(filter.tags, [&](const Tag& tag) { return has_tag(spec, tag); });
  }

  std::vector<uint64_t> find(const Filter& filter, size_t limit) const {
    std::map<uint64_t, UnixNanos> starts;
    std::set<uint64_t> matching;
    for (const RichSpec& spec : spans_) {
      auto [at, is_new] = starts.emplace(spec.span.trace, spec.span.start);
      at->second = std::min(at->second, spec.span.start);
      if (matches(filter, spec)) matching.insert(spec.span.trace);
    }
    std::vector<uint64_t> found(matching.begin(), matching.end());
    std::ranges::stable_sort(found, [&](uint64_t a, uint64_t b) { return starts[a] > starts[b]; });
    found.resize(std::min(found.size(), limit));
    return found;
  }

  std::vector<std::string> trace(uint64_t number) const {
    std::vector<std::string> contents;
    for (const RichSpec& spec : spans_)
      if (spec.span.trace == number)
        contents.push_back(testing::contents(testing::rich_batch({spec})).front());
    std::ranges::sort(contents);
    return contents;
  }

 private:
  std::vector<RichSpec> spans_;
};

class ModelRun {
 public:
  explicit ModelRun(uint64_t seed) : random_(seed), sim_(seed) {
    sim_.options.head_bytes = 64 << 10;
    sim_.options.log_segment_bytes = 8 << 10;
    sim_.options.cache_bytes = below(2) << 16;  // half of the runs have none
  }

  void run() {
    ASSERT_TRUE(sim_.open());
    for (int step = 0; step < 60; ++step) {
      uint64_t dice = below(10);
      if (dice < 4)
        ASSERT_NO_FATAL_FAILURE(append());
      else if (dice == 4)
        ASSERT_TRUE(sim_.store->flush());
      else if (dice == 5)
        ASSERT_TRUE(sim_.open());
      else
        ASSERT_NO_FATAL_FAILURE(search());
    }
    for (uint64_t trace = 1; trace <= kTraces; ++trace)
      ASSERT_EQ(sim_.trace(trace), model_.trace(trace)) << trace;
  }

 private:
  uint64_t below(uint64_t bound) { return random_() % bound; }
  bool chance(uint64_t one_in) { return below(one_in) == 0; }
  std::string pick(std::initializer_list<const char*> words) {
    return *(words.begin() + below(words.size()));
  }

  RichSpec random_span() {
    RichSpec spec{.span = {.trace = 1 + below(kTraces),
                           .span = ++last_span_,
                           .service = pick({"edge", "shop", "pay"}),
                           .name = pick({"GET", "POST", "work"}),
                           .kind = static_cast<SpanKind>(below(6)),
                           .start = kStart + below(500),
                           .duration = below(100),
                           .status = static_cast<otlp::StatusCode>(below(3))}};
    if (chance(2)) spec.span.attributes.push_back({"color", pick({"red", "blue", "rare"})});
    if (chance(3)) spec.span.attributes.push_back({"fat", std::string(below(9000), 'x')});
    if (chance(3)) spec.resource.push_back({"host", pick({"n1", "n2"})});
    if (chance(3)) spec.event.push_back({"color", pick({"red", "green"})});
    if (chance(4)) spec.scope.push_back({"lib", pick({"a", "b"})});
    spec.span.extra_key_values.push_back(otlp::testing::key_value(
        "number", otlp::testing::any_int(static_cast<int64_t>(spec.span.span % 5))));
    return spec;
  }

  void append() {
    std::vector<RichSpec> specs;
    for (uint64_t i = below(12); i < 12; ++i) specs.push_back(random_span());
    ASSERT_TRUE(sim_.append(testing::rich_batch(specs)));
    for (const RichSpec& spec : specs) model_.add(spec);
    if (chance(3)) sim_.store->pump();
  }

  Filter random_filter() {
    Filter filter;
    if (chance(3)) filter.service = pick({"edge", "shop", "pay", "absent"});
    if (chance(3)) filter.operation = pick({"GET", "POST", "absent"});
    if (chance(5)) filter.kind = static_cast<SpanKind>(below(6));
    if (chance(4)) filter.min_duration = below(110);
    if (chance(4)) filter.max_duration = below(110);
    if (chance(3)) filter.start_min = kStart + below(550);
    if (chance(3)) filter.start_max = kStart + below(550);
    while (chance(2))
      filter.tags.push_back(std::array<Tag, 8>{Tag{"color", pick({"red", "green", "rare"})},
                                               {"host", pick({"n1", "n3"})},
                                               {"lib", pick({"a", "c"})},
                                               {"error", pick({"true", "false"})},
                                               {"span.kind", pick({"server", "client"})},
                                               {"number", pick({"0", "3", "7"})},
                                               {"absent", "x"},
                                               {"color", "blue"}}[below(8)]);
    return filter;
  }

  void search() {
    Filter filter = random_filter();
    size_t limit = 1 + below(30);
    auto found = sim_.store->find(Tenant(), filter, limit, testing::kNoDeadline);
    ASSERT_TRUE(found.complete);
    ASSERT_EQ(sim_.find(filter, limit), model_.find(filter, limit));
    uint64_t trace = 1 + below(kTraces);
    ASSERT_EQ(sim_.trace(trace), model_.trace(trace));
  }

  std::mt19937_64 random_;
  SimulatedStore sim_;
  Model model_;
  uint64_t last_span_ = 0;
};

TEST(StoreModel, AnswersLikeANaiveList) {
  auto level = spdlog::get_level();
  spdlog::set_level(spdlog::level::warn);
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    ModelRun(seed).run();
    if (::testing::Test::HasFatalFailure()) {
      ADD_FAILURE() << "seed " << seed;
      break;
    }
  }
  spdlog::set_level(level);
}

}  // namespace
}  // namespace clew::store
