#include "query/traceql/second_stage.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "query/traceql/literal_text.h"

namespace clew::query::traceql {
namespace {

constexpr std::string_view kName = "__name__";

bool holds(Op op, double value, double limit) {
  switch (op) {
    case Op::kEqual:
      return value == limit;
    case Op::kNotEqual:
      return value != limit;
    case Op::kLess:
      return value < limit;
    case Op::kLessEqual:
      return value <= limit;
    case Op::kGreater:
      return value > limit;
    default:
      return value >= limit;
  }
}

std::vector<Series> select(const Threshold& threshold, std::vector<Series> series) {
  for (Series& one : series)
    for (double& point : one.points)
      if (!holds(threshold.comparison, point, threshold.value)) point = kNoPoint;
  return series;
}

std::vector<Series> select(const TopK& top, std::vector<Series> series) {
  auto most = static_cast<uint64_t>(top.count);
  if (series.size() <= most) return series;
  std::ranges::sort(series, comes_before, &Series::labels);
  size_t points = series[0].points.size();
  std::vector<size_t> order;
  for (size_t at = 0; at < points; ++at) {
    order.clear();
    for (size_t i = 0; i < series.size(); ++i)
      if (!std::isnan(series[i].points[at])) order.push_back(i);
    std::ranges::stable_sort(order, [&](size_t a, size_t b) {
      double x = series[a].points[at];
      double y = series[b].points[at];
      return top.largest ? x > y : x < y;
    });
    for (size_t i = most; i < order.size(); ++i) series[order[i]].points[at] = kNoPoint;
  }
  return series;
}

double calculate(Op op, double a, double b) {
  if (std::isnan(a)) a = 0;
  if (std::isnan(b)) b = 0;
  switch (op) {
    case Op::kAdd:
      return a + b;
    case Op::kSub:
      return a - b;
    case Op::kMul:
      return a * b;
    default:
      return b == 0 ? kNoPoint : a / b;
  }
}

std::string_view symbol_of(Op op) {
  switch (op) {
    case Op::kAdd:
      return "+";
    case Op::kSub:
      return "-";
    case Op::kMul:
      return "*";
    default:
      return "/";
  }
}

/// The labels without the name, and the name.
std::pair<Labels, std::string> unnamed(Labels labels) {
  std::string name;
  std::erase_if(labels, [&](const auto& label) {
    if (label.first != kName) return false;
    name = label.second.text;
    return true;
  });
  return {std::move(labels), std::move(name)};
}

}  // namespace

bool comes_before(const Labels& a, const Labels& b) {
  return std::ranges::lexicographical_compare(a, b, [](const auto& x, const auto& y) {
    if (x.first != y.first) return x.first < y.first;
    return text_of(x.second) < text_of(y.second);
  });
}

std::vector<Series> apply(const SecondStage& stage, std::vector<Series> series) {
  return std::visit([&](const auto& what) { return select(what, std::move(series)); }, stage);
}

std::vector<Series> combine(Op op, const std::vector<Series>& left,
                            const std::vector<Series>& right) {
  std::map<Labels, std::pair<const Series*, std::string>, decltype(&comes_before)> others(
      &comes_before);
  for (const Series& series : right) {
    auto [labels, name] = unnamed(series.labels);
    others.emplace(std::move(labels), std::pair(&series, std::move(name)));
  }
  std::vector<Series> combined;
  for (const Series& series : left) {
    auto [labels, name] = unnamed(series.labels);
    auto found = others.find(labels);
    if (found == others.end()) continue;
    const auto& [other, other_name] = found->second;
    if (!name.empty() && !other_name.empty()) {
      Literal text{.type = Type::kString,
                   .text = fmt::format("({} {} {})", name, symbol_of(op), other_name)};
      labels.emplace(labels.begin(), kName, std::move(text));
    }
    Series made{.labels = std::move(labels), .exemplars = series.exemplars};
    for (size_t at = 0; at < series.points.size(); ++at)
      made.points.push_back(calculate(op, series.points[at], other->points[at]));
    combined.push_back(std::move(made));
  }
  return combined;
}

}  // namespace clew::query::traceql
