// The golden suite's metrics: test/data/traceql/metrics.txt.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <sstream>

#include "base/duration.h"
#include "query/traceql/golden.h"
#include "query/traceql/literal_text.h"
#include "query/traceql/metrics.h"
#include "query/traceql/parse.h"

namespace clew::query::traceql::testing {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

Timeline timeline_of(const std::string& question) {
  std::istringstream words(question);
  std::string kind, step;
  uint64_t start = 0, end = 0;
  words >> kind >> start >> end >> step;
  if (kind == "instant") return *Timeline::of_instant(start * kSecond, end * kSecond);
  return *Timeline::of_range(start * kSecond, end * kSecond, *parse_duration(step));
}

std::string line_of(const Series& series, const Timeline& timeline) {
  std::vector<std::string> labels, points;
  for (const auto& [name, value] : series.labels)
    labels.push_back(fmt::format("{}=\"{}\"", name, text_of(value)));
  for (size_t at = 0; at < series.points.size(); ++at)
    if (!std::isnan(series.points[at]))
      points.push_back(fmt::format("{}:{}", static_cast<double>(timeline.point(at)) / kSecond,
                                   series.points[at]));
  return fmt::format("{{{}}} {}", fmt::join(labels, ", "), fmt::join(points, " "));
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream words(text);
  return {std::istream_iterator<std::string>(words), {}};
}

/// Whether two lines say the same, their values but for rounding.
bool is_same(const std::string& a, const std::string& b) {
  size_t labels = a.rfind("} ");
  if (labels == std::string::npos || a.substr(0, labels) != b.substr(0, b.rfind("} ")))
    return a == b;
  auto left = words_of(a.substr(labels + 2));
  auto right = words_of(b.substr(labels + 2));
  return std::ranges::equal(left, right, [](const std::string& x, const std::string& y) {
    if (std::stod(x) != std::stod(y)) return false;
    double p = std::stod(x.substr(x.find(':') + 1));
    double q = std::stod(y.substr(y.find(':') + 1));
    return std::abs(p - q) <= 1e-9 * std::abs(q);
  });
}

bool carries(const Series& series, const std::string& only) {
  return std::ranges::any_of(series.labels, [&](const auto& label) {
    return (" " + only + " ").find(" " + label.first + " ") != std::string::npos;
  });
}

std::vector<std::string> answer(const GoldenCase& golden, const std::vector<otlp::Batch>& traces) {
  auto query = parse(golden.query);
  if (!query) {
    std::string message = query.error().message;
    return {"error " + message.substr(7, message.find(':') - 7)};
  }
  Timeline timeline = timeline_of(golden.expected.at(0));
  MetricsRun run(std::get<Metrics>(query->what), timeline, 0);
  for (const MetricsRun::Leaf& leaf : run.leaves())
    for (const otlp::Batch& trace : traces) leaf.add(trace);
  std::string only;
  if (golden.expected.size() > 1 && golden.expected[1].starts_with("only "))
    only = golden.expected[1].substr(5);
  std::vector<std::string> lines;
  for (const Series& series : run.finish())
    if (only.empty() || carries(series, only)) lines.push_back(line_of(series, timeline));
  if (lines.empty()) lines.emplace_back("none");
  std::ranges::sort(lines);
  return lines;
}

TEST(Golden, Metrics) {
  auto traces = golden_traces();
  auto cases = golden_cases("metrics.txt");
  ASSERT_GE(cases.size(), 240U);
  for (const GoldenCase& golden : cases) {
    auto lines = answer(golden, traces);
    size_t skip = golden.expected.at(1).starts_with("only ") ? 2 : 1;
    std::vector<std::string> expected(golden.expected.begin() + static_cast<ptrdiff_t>(skip),
                                      golden.expected.end());
    if (expected[0].starts_with("error "))
      expected[0] = expected[0].substr(0, expected[0].find(" ~"));
    bool same = lines.size() == expected.size() && std::ranges::equal(lines, expected, is_same);
    EXPECT_TRUE(same) << "metrics.txt:" << golden.line << ": " << golden.query << "\n"
                      << fmt::format("{}\nbut expected\n{}", fmt::join(lines, "\n"),
                                     fmt::join(expected, "\n"));
  }
}

}  // namespace
}  // namespace clew::query::traceql::testing
