#include "query/population_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "base/limits.h"
#include "query/population_testing.h"

namespace clew::query {
namespace {

using namespace testing;

Population merged(const std::vector<TestTrace>& traces) {
  CallTree tree;
  for (size_t i = 0; i < traces.size(); ++i) add(tree, i + 1, traces[i]);
  return tree.finish();
}

TEST(CallTree, MergesEqualPathsOfSeveralTraces) {
  TestTrace one = {span(1, 0, 0, 100, "get"), span(2, 1, 10, 40, "query"),
                   span(3, 1, 50, 90, "query"), span(4, 3, 60, 70, "read")};
  TestTrace other = {span(1, 0, 0, 50, "get"), span(2, 1, 5, 10, "check"),
                     span(3, 1, 20, 30, "query")};
  auto population = merged({one, other});
  EXPECT_EQ(drawn(population),
            "get 2/2 150 65 65\n"
            " check 1/1 5 5 5\n"
            " query 2/3 80 70 70\n"
            "  read 1/1 10 10 10\n");
  EXPECT_EQ(population.traces, 2u);
  EXPECT_EQ(population.oldest, kTestStart);
  EXPECT_EQ(population.newest, kTestStart);
  EXPECT_EQ(population.spans, 7u);
}

TEST(CallTree, TellsPathsApartByServiceNameAndKind) {
  TestTrace trace = {span(1, 0, 0, 9, "get"), span(2, 1, 0, 1, "get"), span(3, 1, 1, 2, "get"),
                     span(4, 1, 2, 3, "get"), span(5, 1, 3, 4, "put")};
  trace[2].service = "bank";
  trace[3].kind = otlp::SpanKind::kClient;
  EXPECT_EQ(drawn(merged({trace})),
            "get 1/1 9 5 5\n get 1/1 1 1 1\n get 1/1 1 1 1\n get 1/1 1 1 1\n put 1/1 1 1 1\n");
}

TEST(CallTree, CountsErrorsAndSpansWithoutTheirParents) {
  auto population = merged({{span(1, 0, 0, 9, "get", true), span(2, 1, 0, 5, "read")},
                            {span(1, 0, 0, 9, "get"), span(2, 7, 0, 5, "read", true)}});
  ASSERT_EQ(population.nodes.size(), 3u);
  std::map<std::pair<std::string, uint32_t>, std::pair<uint64_t, uint64_t>> counts;
  for (const PopulationNode& node : population.nodes)
    counts[{population.operations[node.operation].name, node.depth}] = {node.errors, node.orphans};
  EXPECT_EQ((counts[{"get", 0}]), (std::pair<uint64_t, uint64_t>(1, 0)));
  EXPECT_EQ((counts[{"read", 1}]), (std::pair<uint64_t, uint64_t>(0, 0)));
  EXPECT_EQ((counts[{"read", 0}]), (std::pair<uint64_t, uint64_t>(1, 1)));
}

TEST(CallTree, NamesSpansThatStandForOthers) {
  CallTree tree;
  for (uint64_t i = 1; i <= 101; ++i)
    add(tree, i, {span(i, 0, 0, 1000 + i, "get", i == 30 || i == 60)});
  auto population = tree.finish();
  ASSERT_EQ(population.nodes.size(), 1u);
  const PopulationNode& node = population.nodes[0];
  EXPECT_EQ(node.slowest, (SpanExample{trace_id(101), span_id(101), 1101}));
  EXPECT_EQ(node.failed, (SpanExample{trace_id(60), span_id(60), 1060}));
  EXPECT_EQ(node.shortest, 1001u);
  EXPECT_EQ(node.longest, 1101u);
  // One of six that were chosen by chance: hardly ever is none of them in the middle half.
  EXPECT_GT(node.typical.duration, 1025u);
  EXPECT_LT(node.typical.duration, 1075u);
}

TEST(CallTree, CutsWhatIsTooDeepAndSaysSo) {
  TestTrace trace;
  for (uint32_t i = 1; i <= limits::kPopulationDepth + 1; ++i)
    trace.push_back(span(i, i - 1, 0, 9, "f"));
  auto at_limit = merged({TestTrace(trace.begin(), trace.end() - 1)});
  EXPECT_EQ(at_limit.nodes.size(), limits::kPopulationDepth);
  EXPECT_EQ(at_limit.cut_by_depth, 0u);
  trace.push_back(span(limits::kPopulationDepth + 2, limits::kPopulationDepth + 1, 0, 9, "g"));
  auto past = merged({trace});
  EXPECT_EQ(past.nodes.size(), limits::kPopulationDepth);
  EXPECT_EQ(past.cut_by_depth, 2u);
  EXPECT_EQ(past.cut_by_nodes, 0u);
  EXPECT_EQ(past.nodes.back().critical, 9u);  // that of the span that was cut
}

std::vector<std::string> numbered_names(size_t count) {
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i) names.push_back(fmt::format("op {}", i));
  return names;
}

TEST(CallTree, CutsWhatIsOneNodeTooManyAndSaysSo) {
  auto names = numbered_names(limits::kPopulationNodes + 1);
  CallTree tree, other;
  for (uint32_t i = 0; i < limits::kPopulationNodes; ++i)
    add(tree, i + 1, {span(1, 0, 0, 9, names[i])});
  constexpr uint64_t kNotAnswered = limits::kPopulationNodes - limits::kPopulationAnswerNodes;
  EXPECT_EQ(tree.finish().cut_by_nodes, kNotAnswered);
  TestTrace one_more = {span(1, 0, 0, 9, names.back()), span(2, 1, 0, 5, "below")};
  add(other, 1'000'001, one_more);
  add(tree, 1'000'000, one_more);
  EXPECT_EQ(tree.finish().cut_by_nodes, kNotAnswered + 2);
  tree.add(other);
  auto population = tree.finish();
  EXPECT_EQ(population.nodes.size(), limits::kPopulationAnswerNodes);
  EXPECT_EQ(population.cut_by_nodes, kNotAnswered + 4);
  EXPECT_EQ(population.spans, limits::kPopulationNodes + 4);
}

TEST(CallTree, AnswersWithTheNodesThatHaveTheMostSpans) {
  auto names = numbered_names(limits::kPopulationAnswerNodes - 1);
  CallTree tree;
  uint64_t trace = 0;
  add(tree, ++trace, {span(1, 0, 0, 9, "rare root")});
  for (const std::string& name : names)
    for (int twice = 0; twice < 2; ++twice) add(tree, ++trace, {span(1, 0, 0, 9, name)});
  auto at_limit = tree.finish();
  EXPECT_EQ(at_limit.nodes.size(), limits::kPopulationAnswerNodes);
  EXPECT_EQ(at_limit.cut_by_nodes, 0u);
  // Now "op 0" has a call below it, which is as rare as the rare root and came later.
  add(tree, ++trace, {span(1, 0, 0, 9, names[0]), span(2, 1, 2, 6, "rare call")});
  auto past = tree.finish();
  EXPECT_EQ(past.nodes.size(), limits::kPopulationAnswerNodes);
  EXPECT_EQ(past.cut_by_nodes, 1u);
  for (const PopulationNode& node : past.nodes) {
    const std::string& name = past.operations[node.operation].name;
    EXPECT_NE(name, "rare call");
    if (name == names[0]) {
      EXPECT_EQ(node.critical, 27u);  // with the 4 of the call
      EXPECT_EQ(node.self, 23u);
    }
  }
}

TEST(CallTree, HasNothingOfNoTraces) {
  CallTree tree;
  tree.end_trace(trace_id(1));
  EXPECT_EQ(tree.finish().traces, 0u);
  EXPECT_TRUE(tree.finish().nodes.empty());
  add(tree, 2, {span(1, 0, 0, 9, "get")});
  tree.end_trace(trace_id(3));
  EXPECT_EQ(tree.finish().traces, 1u);
}

// Against a merge that follows the definitions, tick by tick and without any order.

struct NaiveNode {
  std::set<size_t> traces;
  uint64_t total = 0, self = 0, critical = 0, errors = 0;
  std::vector<uint64_t> durations;
};
using NaiveTree = std::map<std::string, NaiveNode>;

constexpr std::string_view kNames[] = {"a", "b", "c"};

class NaiveTrace {
 public:
  explicit NaiveTrace(const TestTrace& spans) : spans_(spans), critical_(spans.size()) {
    walk(SIZE_MAX, 0, UINT64_MAX);
  }

  void merge_into(NaiveTree& tree, size_t trace) const {
    for (size_t i = 0; i < spans_.size(); ++i) {
      NaiveNode& node = tree[path_of(i)];
      node.traces.insert(trace);
      node.total += spans_[i].duration;
      node.self += self_of(i);
      node.critical += critical_[i];
      node.errors += spans_[i].is_error ? 1 : 0;
      node.durations.push_back(spans_[i].duration);
    }
  }

 private:
  uint64_t start_of(size_t i) const { return spans_[i].start - kTestStart; }
  uint64_t end_of(size_t i) const { return start_of(i) + spans_[i].duration; }

  size_t parent_of(size_t i) const {
    for (size_t other = 0; other < spans_.size(); ++other)
      if (spans_[other].id == spans_[i].parent) return other;
    return SIZE_MAX;
  }

  std::string path_of(size_t i) const {
    size_t parent = parent_of(i);
    return (parent == SIZE_MAX ? "" : path_of(parent)) + "/" + std::string(spans_[i].name);
  }

  uint64_t self_of(size_t i) const {
    uint64_t self = 0;
    for (uint64_t tick = start_of(i); tick < end_of(i); ++tick) {
      bool covered = false;
      for (size_t child = 0; child < spans_.size(); ++child)
        covered |= parent_of(child) == i && start_of(child) <= tick && tick < end_of(child);
      self += covered ? 0 : 1;
    }
    return self;
  }

  /// What of [low, high) is on the path is shared out between the span and those below it.
  void walk(size_t span, uint64_t low, uint64_t high) {
    uint64_t reached = high;
    while (true) {
      size_t last = SIZE_MAX;
      for (size_t i = 0; i < spans_.size(); ++i) {
        uint64_t end = std::min(end_of(i), high);
        if (parent_of(i) != span || std::max(start_of(i), low) >= end || end > reached) continue;
        // Of several that are clipped at one end, the one that went on longest.
        if (last == SIZE_MAX || end_of(i) > end_of(last)) last = i;
      }
      if (last == SIZE_MAX) break;
      uint64_t end = std::min(end_of(last), high), start = std::max(start_of(last), low);
      if (span != SIZE_MAX) critical_[span] += reached - end;
      walk(last, start, end);
      reached = start;
    }
    if (span != SIZE_MAX) critical_[span] += reached - low;
  }

  const TestTrace& spans_;
  std::vector<uint64_t> critical_;
};

/// No two siblings end at once: which of them is then on the path is nobody's business.
TestTrace random_trace(std::mt19937& dice) {
  TestTrace trace;
  std::set<uint64_t> ends;
  size_t size = 1 + dice() % 12;
  while (trace.size() < size) {
    uint64_t start = dice() % 40, end = start + dice() % 40;
    if (!ends.insert(end).second) continue;
    size_t id = trace.size() + 1;
    size_t parent = id == 1 || dice() % 10 == 0 ? 0 : 1 + dice() % (id - 1);
    trace.push_back(span(id, parent, start, end, kNames[dice() % 3], dice() % 5 == 0));
  }
  std::ranges::shuffle(trace, dice);
  return trace;
}

std::string described(const NaiveTree& tree) {
  std::string text;
  for (const auto& [path, node] : tree)
    text += fmt::format("{} {}/{} {} {} {} {}\n", path, node.traces.size(), node.durations.size(),
                        node.total, node.self, node.critical, node.errors);
  return text;
}

std::string described(const Population& population) {
  std::map<std::string, std::string> lines;
  std::vector<std::string> path;
  for (const PopulationNode& node : population.nodes) {
    path.resize(node.depth);
    path.push_back(population.operations[node.operation].name);
    std::string name;
    for (const std::string& part : path) name += "/" + part;
    lines[name] = fmt::format("{} {}/{} {} {} {} {}\n", name, node.traces, node.spans, node.total,
                              node.self, node.critical, node.errors);
  }
  std::string text;
  for (const auto& [name, line] : lines) text += line;
  return text;
}

TEST(CallTree, IsWhatANaiveMergeMakes) {
  std::mt19937 dice(20261127);
  for (int round = 0; round < 200; ++round) {
    std::vector<TestTrace> traces;
    for (size_t i = 0; i < 1 + dice() % 8; ++i) traces.push_back(random_trace(dice));
    NaiveTree naive;
    for (size_t i = 0; i < traces.size(); ++i) NaiveTrace(traces[i]).merge_into(naive, i);
    ASSERT_EQ(described(merged(traces)), described(naive)) << "round " << round;
  }
}

/// A line for each node, and what is known of all.
std::vector<std::string> everything(const Population& population) {
  std::vector<std::string> lines = {fmt::format("{} {} {} {}", population.traces, population.spans,
                                                population.oldest, population.newest)};
  auto example = [](const SpanExample& span) {
    return fmt::format("{}/{}/{}", span.trace.hex(), span.span.hex(), span.duration);
  };
  for (const PopulationNode& node : population.nodes)
    lines.push_back(fmt::format("{} {} {} {} {} {} {} {} {}",
                                population.operations[node.operation].name, node.depth, node.offset,
                                node.p50, node.p95, node.p99, example(node.slowest),
                                example(node.typical), node.failed ? example(*node.failed) : ""));
  return lines;
}

TEST(CallTree, IsTheSameHoweverItsTracesAreSharedOut) {
  std::mt19937 dice(4);
  for (int round = 0; round < 50; ++round) {
    CallTree whole, halves[2];
    for (uint64_t i = 1; i <= 30; ++i) {
      TestTrace trace = random_trace(dice);
      add(whole, i, trace);
      add(halves[dice() % 2], i, trace);
    }
    halves[0].add(halves[1]);
    EXPECT_EQ(described(halves[0].finish()), described(whole.finish()));
    // Of equal offsets the order is that of arrival.
    auto sorted = [](const Population& population) {
      std::vector<std::string> lines = everything(population);
      std::ranges::sort(lines);
      return lines;
    };
    EXPECT_EQ(sorted(halves[0].finish()), sorted(whole.finish()));
  }
}

}  // namespace
}  // namespace clew::query
