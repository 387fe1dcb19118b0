// rate(), count_over_time(), …: all functions but compare().
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>

#include "base/metrics.h"
#include "query/traceql/collect_compare.h"
#include "query/traceql/literal_text.h"
#include "query/traceql/metrics.h"
#include "query/traceql/second_stage.h"
#include "query/traceql/span_evaluator.h"

namespace clew::query::traceql {
namespace {

constexpr double kSecond = 1e9;  // in nanoseconds

/// The word behind `|`, which names series that have no label.
std::string_view name_of(MetricOp op) {
  switch (op) {
    case MetricOp::kRate:
      return "rate";
    case MetricOp::kCount:
      return "count_over_time";
    case MetricOp::kMin:
      return "min_over_time";
    case MetricOp::kMax:
      return "max_over_time";
    case MetricOp::kAvg:
      return "avg_over_time";
    case MetricOp::kSum:
      return "sum_over_time";
    case MetricOp::kQuantile:
      return "quantile_over_time";
    case MetricOp::kHistogram:
      return "histogram_over_time";
    case MetricOp::kCompare:
      break;
  }
  return "compare";
}

bool has_buckets(MetricOp op) {
  return op == MetricOp::kHistogram || op == MetricOp::kQuantile;
}

Literal float_literal(double value) {
  return {.type = Type::kFloat, .real = value};
}

void add_label(Labels& labels, std::string name, Literal value) {
  auto place = std::ranges::lower_bound(labels, name, {}, &Labels::value_type::first);
  labels.emplace(place, std::move(name), std::move(value));
}

/// The first number of what was found.
Datum number_in(const Datum& found) {
  if (found.is_number()) return found;
  for (const Datum& element : found.elements)
    if (element.is_number()) return element;
  return {};
}

/// The number of the power of two at or above an int or a duration of 2 or more; 0 if it has none.
int bucket_of(const Datum& value) {
  if ((value.type != Type::kInt && value.type != Type::kDuration) || value.integer < 2) return 0;
  return std::bit_width(static_cast<uint64_t>(value.integer) - 1);
}

/// A quantile between powers of two. `counts` are by the upper end of their bucket. Source: Tempo's
/// Log2Quantile, by its rules in test/data/traceql/metrics.txt.
double quantile_of(double quantile, const std::map<double, uint64_t>& counts) {
  uint64_t total = 0;
  for (const auto& [end, count] : counts) total += count;
  auto wanted = std::max<uint64_t>(
      1, static_cast<uint64_t>(std::ceil(quantile * static_cast<double>(total))));
  uint64_t taken = 0;
  double before = -1;  // the end of the bucket before; none yet
  for (const auto& [end, count] : counts) {
    if (taken + count > wanted) {
      double high = std::log2(end);
      double low = before < 0 ? high - 1 : std::log2(before);
      double part = static_cast<double>(wanted - taken) / static_cast<double>(count);
      return std::exp2(low + (high - low) * part);
    }
    taken += count;
    if (taken == wanted) return end;
    before = end;
  }
  return before;
}

class FunctionCollector final : public MetricCollector {
 public:
  FunctionCollector(const MetricFunction& function, const Timeline& timeline, size_t most_exemplars)
      : function_(function), timeline_(timeline), exemplars_left_(most_exemplars) {}

  void add(const TraceView& trace, uint32_t span) override {
    size_t interval = timeline_.interval(trace.span(span).start);
    if (interval == timeline_.size()) return;
    SpanEvaluator evaluator(trace);
    Datum value;
    if (has_field()) value = number_in(evaluator.value(function_.field, span));
    if (has_buckets(function_.op) && bucket_of(value) == 0) return;
    describe(evaluator, span);
    Cells* cells = cells_of(value);
    if (!cells) return;
    count(*cells, interval, value);
    bool wants =
        exemplars_left_ > 0 && std::ranges::count(cells->exemplar_intervals, interval) == 0;
    if (wants) keep(*cells, trace, span, value);
  }

  uint32_t place_of(const TraceView& trace, uint32_t span) override {
    SpanEvaluator evaluator(trace);
    describe(evaluator, span);
    Place place{.key = key_, .values = values_};
    if (has_field()) place.value = number_in(evaluator.value(function_.field, span));
    by_duration_ = function_.field.intrinsic == Intrinsic::kDuration;
    if (by_duration_) place.value.type = Type::kDuration;
    places_.push_back(std::move(place));
    return static_cast<uint32_t>(places_.size() - 1);
  }

  void count(std::span<const uint32_t> places, std::span<const UnixNanos> starts,
             std::span<const uint64_t> durations) override {
    UnixNanos low = 0, high = 0;  // the interval of the row before: (low, high]
    size_t interval = 0;
    for (size_t row = 0; row < places.size(); ++row) {
      if (places[row] == kNowhere) continue;
      if (starts[row] <= low || starts[row] > high) {
        interval = timeline_.interval(starts[row]);
        if (interval == timeline_.size()) continue;
        high = timeline_.point(interval);
        low = high - timeline_.step();
      }
      Place& place = places_[places[row]];
      if (by_duration_) place.value.integer = static_cast<int64_t>(durations[row]);
      Cells* cells = cells_at(place);
      if (cells) count(*cells, interval, place.value);
    }
  }

  bool keep_exemplar(const TraceView& trace, uint32_t span) override {
    size_t interval = timeline_.interval(trace.span(span).start);
    if (interval == timeline_.size() || exemplars_left_ == 0) return exemplars_left_ > 0;
    SpanEvaluator evaluator(trace);
    Datum value;
    if (has_field()) value = number_in(evaluator.value(function_.field, span));
    describe(evaluator, span);
    Cells* cells = cells_of(value);
    bool wants = cells && std::ranges::count(cells->exemplar_intervals, interval) == 0;
    if (wants) keep(*cells, trace, span, value);
    return exemplars_left_ > 0;
  }

  std::vector<Series> finish() override {
    std::vector<Series> series;
    for (auto& [key, cells] : cells_) series.push_back(series_of(std::move(cells)));
    return function_.op == MetricOp::kQuantile ? quantiles(series) : std::move(series);
  }

 private:
  struct Cells {
    Labels labels;
    std::vector<double> points;
    std::vector<uint64_t> counts;  // of kAvg
    std::vector<Exemplar> exemplars = {};
    std::vector<size_t> exemplar_intervals = {};  // one in each is enough
  };

  /// Where spans that are alike but for start and duration count.
  struct Place {
    std::string key;
    std::vector<Literal> values;
    Datum value = {};                                   // a number: what the function is over
    std::vector<std::optional<Cells*>> by_bucket = {};  // of a function without buckets the first
  };

  /// Made when the first span counts: a series without one is none.
  Cells* cells_at(Place& place) {
    constexpr size_t kBuckets = 65;
    size_t bucket = has_buckets(function_.op) ? static_cast<size_t>(bucket_of(place.value)) : 0;
    if (place.by_bucket.size() <= bucket) place.by_bucket.resize(bucket == 0 ? 1 : kBuckets);
    std::optional<Cells*>& cells = place.by_bucket[bucket];
    if (!cells) {
      key_ = place.key;
      values_ = place.values;
      cells = cells_of(place.value);
    }
    return *cells;
  }

  bool has_field() const {
    return function_.op != MetricOp::kRate && function_.op != MetricOp::kCount;
  }
  static double seconds_of(const Datum& value) {
    return value.type == Type::kDuration ? value.as_double() / kSecond : value.as_double();
  }

  /// Sets `key_` and `values_` to what the span has under by().
  void describe(SpanEvaluator& evaluator, uint32_t span) {
    key_.clear();
    values_.clear();
    for (const Field& field : function_.by) {
      values_.push_back(evaluator.value(field, span).literal());
      const Literal& label = values_.back();
      std::string text = label.type == Type::kFloat || label.type == Type::kString
                             ? text_of(label)
                             : fmt::format("{}", label.integer);
      key_ += fmt::format("{}:{}:{}", static_cast<int>(label.type), text.size(), text);
    }
  }

  /// Where a span with what was described counts; nullptr past a bound, and where its value has no
  /// bucket.
  Cells* cells_of(const Datum& value) {
    bool is_duration = value.type == Type::kDuration;
    int bucket = has_buckets(function_.op) ? bucket_of(value) : 0;
    if (has_buckets(function_.op) && bucket == 0) return nullptr;
    size_t described = key_.size();
    if (bucket > 0) key_ += fmt::format("|{}{}", bucket, is_duration);
    auto found = cells_.find(key_);
    Cells* cells = found == cells_.end() ? new_cells(bucket, is_duration) : &found->second;
    key_.resize(described);
    return cells;
  }

  Cells* new_cells(int bucket, bool is_duration) {
    if (cells_.size() >= kMostSeries || (cells_.size() + 1) * timeline_.size() > kMostPoints) {
      if (complete_) metrics::count_limit_hit("traceql_series");
      complete_ = false;
      return nullptr;
    }
    Cells cells{.labels = labels(), .points = {}, .counts = {}};
    if (bucket > 0) {
      double end = std::exp2(bucket);
      add_label(cells.labels, "__bucket", float_literal(is_duration ? end / kSecond : end));
    }
    bool empty_is_zero = !has_field() || bucket > 0;
    cells.points.assign(timeline_.size(), empty_is_zero ? 0 : kNoPoint);
    if (function_.op == MetricOp::kAvg) cells.counts.assign(timeline_.size(), 0);
    return &cells_.emplace(key_, std::move(cells)).first->second;
  }

  /// Of `values_`, what the span has under by().
  Labels labels() const {
    Labels made;
    for (size_t i = 0; i < values_.size(); ++i)
      if (values_[i].type != Type::kNil) add_label(made, label_of(function_.by[i]), values_[i]);
    if (made.empty() && !function_.by.empty()) add_label(made, label_of(function_.by[0]), {});
    if (function_.by.empty() && !has_buckets(function_.op))
      add_label(made, "__name__",
                {.type = Type::kString, .text = std::string(name_of(function_.op))});
    return made;
  }

  void count(Cells& cells, size_t interval, const Datum& value) const {
    double& point = cells.points[interval];
    if (!has_field() || has_buckets(function_.op)) {
      point += 1;
      return;
    }
    if (value.type == Type::kNil) return;
    double number = seconds_of(value);
    if (!cells.counts.empty()) ++cells.counts[interval];
    if (std::isnan(point)) {
      point = number;
    } else if (function_.op == MetricOp::kMin) {
      point = std::min(point, number);
    } else if (function_.op == MetricOp::kMax) {
      point = std::max(point, number);
    } else {
      point += number;
    }
  }

  void keep(Cells& cells, const TraceView& trace, uint32_t number, const Datum& value) {
    const otlp::Span& span = trace.span(number);
    double shown = value.type == Type::kNil ? static_cast<double>(span.duration()) / kSecond
                                            : seconds_of(value);
    cells.exemplars.push_back({span.trace_id, span.start, shown});
    cells.exemplar_intervals.push_back(timeline_.interval(span.start));
    --exemplars_left_;
  }

  Series series_of(Cells cells) const {
    if (function_.op == MetricOp::kRate)
      for (double& point : cells.points) point /= static_cast<double>(timeline_.step()) / kSecond;
    for (size_t at = 0; at < cells.counts.size(); ++at)
      cells.points[at] /= static_cast<double>(std::max<uint64_t>(cells.counts[at], 1));
    return {std::move(cells.labels), std::move(cells.points), std::move(cells.exemplars)};
  }

  std::vector<Series> quantiles(std::vector<Series>& buckets) const {
    struct Group {
      std::vector<std::map<double, uint64_t>> counts;  // by interval, then by bucket
      std::vector<Exemplar> exemplars;
    };
    std::map<Labels, Group, decltype(&comes_before)> groups(&comes_before);
    for (Series& series : buckets) {
      Labels labels = std::move(series.labels);
      auto bucket = std::ranges::find(labels, "__bucket", &Labels::value_type::first);
      double end = bucket->second.real;
      labels.erase(bucket);
      Group& group = groups[std::move(labels)];
      group.counts.resize(timeline_.size());
      for (size_t at = 0; at < series.points.size(); ++at)
        if (series.points[at] > 0)
          group.counts[at][end] += static_cast<uint64_t>(series.points[at]);
      std::ranges::move(series.exemplars, std::back_inserter(group.exemplars));
    }
    std::vector<Series> made;
    for (const auto& [labels, group] : groups) {
      for (double quantile : function_.quantiles) {
        Series series{.labels = labels, .exemplars = group.exemplars};
        add_label(series.labels, "p", float_literal(quantile));
        for (const auto& counts : group.counts)
          series.points.push_back(counts.empty() ? 0 : quantile_of(quantile, counts));
        made.push_back(std::move(series));
      }
    }
    return made;
  }

  const MetricFunction& function_;
  const Timeline timeline_;
  size_t exemplars_left_;
  std::unordered_map<std::string, Cells> cells_;
  std::vector<Place> places_;
  bool by_duration_ = false;
  std::string key_;              // of the span at hand
  std::vector<Literal> values_;  // of by(), of the span at hand
};

}  // namespace

std::unique_ptr<MetricCollector> make_collector(const MetricFunction& function,
                                                const Timeline& timeline, size_t most_exemplars) {
  if (function.op == MetricOp::kCompare) return make_compare_collector(function, timeline);
  return std::make_unique<FunctionCollector>(function, timeline, most_exemplars);
}

}  // namespace clew::query::traceql
