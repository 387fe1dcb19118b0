#include "query/traceql/collect_compare.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <tuple>

#include "base/metrics.h"
#include "query/traceql/literal_text.h"
#include "query/traceql/span_evaluator.h"

namespace clew::query::traceql {
namespace {

/// Of both sides the values of every attribute that are among the most frequent of either, and how
/// many spans have the attribute.
class CompareCollector final : public MetricCollector {
 public:
  CompareCollector(const MetricFunction& function, const Timeline& timeline)
      : function_(function), timeline_(timeline) {}

  void add(const TraceView& trace, uint32_t number) override {
    const otlp::Span& span = trace.span(number);
    size_t interval = timeline_.interval(span.start);
    if (interval == timeline_.size()) return;
    auto start = static_cast<int64_t>(span.start);
    bool in_time = !function_.start || (start >= *function_.start && start < *function_.end);
    bool selected = in_time && SpanEvaluator(trace).holds(function_.selection.filter, number);
    Side& side = selected ? selection_ : baseline_;
    for (otlp::Attribute attribute : trace.resource(number).attributes())
      count(side, "resource." + std::string(attribute.key), Datum::of(attribute.value), interval);
    for (otlp::Attribute attribute : span.attributes())
      count(side, "span." + std::string(attribute.key), Datum::of(attribute.value), interval);
    count(side, "name", {.type = Type::kString, .text = span.name}, interval);
    count(side, "kind", {.type = Type::kKind, .integer = static_cast<int64_t>(span.kind)},
          interval);
    count(side, "status", {.type = Type::kStatus, .integer = static_cast<int64_t>(span.status)},
          interval);
  }

  /// Never asked: every attribute of a span matters here, so spans do not come as columns.
  uint32_t place_of(const TraceView&, uint32_t) override { return kNowhere; }
  void count(std::span<const uint32_t>, std::span<const UnixNanos>,
             std::span<const uint64_t>) override {}
  bool keep_exemplar(const TraceView&, uint32_t) override { return false; }

  std::vector<Series> finish() override {
    std::vector<Series> series;
    for (auto& [name, attribute] : baseline_) add_total(series, "baseline", name, attribute);
    for (auto& [name, attribute] : selection_) add_total(series, "selection", name, attribute);
    add_values(series, "baseline", baseline_, selection_);
    add_values(series, "selection", selection_, baseline_);
    return series;
  }

 private:
  using Counts = std::vector<double>;  // by interval
  /// Types differ: 503 and "503" are two values.
  using Key = std::pair<Type, std::string>;
  struct Value {
    Literal literal;
    Counts counts;
  };
  using Values = std::map<Key, Value>;
  struct Attribute {
    Values values;
    Counts total;
  };
  using Side = std::map<std::string, Attribute, std::less<>>;

  void count(Side& side, std::string name, const Datum& value, size_t interval) {
    if (value.type == Type::kList || value.type == Type::kOther || value.type == Type::kNil) return;
    auto attribute = side.find(name);
    if (attribute == side.end()) {
      if (!has_room()) return;
      attribute = side.emplace(std::move(name), Attribute{.total = Counts(timeline_.size())}).first;
    }
    attribute->second.total[interval] += 1;
    Literal literal = value.literal();
    Key key(value.type, text_of(literal));
    auto& values = attribute->second.values;
    auto found = values.find(key);
    if (found == values.end()) {
      if (!has_room()) return;
      found =
          values.emplace(std::move(key), Value{std::move(literal), Counts(timeline_.size())}).first;
    }
    found->second.counts[interval] += 1;
  }

  /// Whether one more list of counts fits; it is taken to be made.
  bool has_room() {
    constexpr size_t kMostCounts = 10 * kMostSeries;  // of few intervals
    if (counts_ < kMostCounts && (counts_ + 1) * timeline_.size() <= kMostPoints) {
      ++counts_;
      return true;
    }
    if (complete_) metrics::count_limit_hit("traceql_series");
    complete_ = false;
    return false;
  }

  static void add_total(std::vector<Series>& series, const std::string& side,
                        const std::string& name, const Attribute& attribute) {
    series.push_back(one(side + "_total", name, {}, attribute.total));
  }

  /// Of `side` the values that are frequent on it or on the other: whoever compares needs both
  /// counts of a value, and one that is answered for one side only was never seen on the other.
  void add_values(std::vector<Series>& series, const std::string& meta, const Side& side,
                  const Side& other) const {
    for (const auto& [name, attribute] : side) {
      std::set<Key> shown = most_frequent(attribute.values);
      if (auto there = other.find(name); there != other.end())
        shown.merge(most_frequent(there->second.values));
      for (const auto& [key, value] : attribute.values)
        if (shown.contains(key)) series.push_back(one(meta, name, label_of(value), value.counts));
    }
  }

  std::set<Key> most_frequent(const Values& values) const {
    std::vector<std::pair<double, const Key*>> ranked;
    for (const auto& [key, value] : values)
      ranked.emplace_back(std::reduce(value.counts.begin(), value.counts.end()), &key);
    std::ranges::stable_sort(ranked, std::greater{}, [](const auto& each) { return each.first; });
    if (ranked.size() > static_cast<uint64_t>(function_.most_values))
      ranked.resize(static_cast<size_t>(function_.most_values));
    std::set<Key> keys;
    for (const auto& [count, key] : ranked) keys.insert(*key);
    return keys;
  }

  /// Kinds and statuses by their words, as TraceQL writes them; all else with its type.
  static Literal label_of(const Value& value) {
    if (value.literal.type != Type::kKind && value.literal.type != Type::kStatus)
      return value.literal;
    return {.type = Type::kString, .text = text_of(value.literal)};
  }

  static Series one(const std::string& meta, const std::string& name, Literal value,
                    Counts counts) {
    Labels labels{{"__meta_type", {.type = Type::kString, .text = meta}}, {name, std::move(value)}};
    std::ranges::sort(labels, {}, &Labels::value_type::first);
    return {std::move(labels), std::move(counts), {}};
  }

  const MetricFunction& function_;
  const Timeline timeline_;
  Side baseline_, selection_;
  size_t counts_ = 0;  // lists of them
};

}  // namespace

std::unique_ptr<MetricCollector> make_compare_collector(const MetricFunction& function,
                                                        const Timeline& timeline) {
  return std::make_unique<CompareCollector>(function, timeline);
}

}  // namespace clew::query::traceql
