#include "query/traceql/pipeline.h"

#include <algorithm>
#include <compare>
#include <map>
#include <numeric>
#include <tuple>

namespace clew::query::traceql {
namespace {

using Marks = std::vector<uint8_t>;

SpansetOp reverse_of(SpansetOp op) {
  switch (op) {
    case SpansetOp::kChild:
      return SpansetOp::kParent;
    case SpansetOp::kParent:
      return SpansetOp::kChild;
    case SpansetOp::kDescendant:
      return SpansetOp::kAncestor;
    case SpansetOp::kAncestor:
      return SpansetOp::kDescendant;
    default:
      return op;
  }
}

/// A sum that stays of the kind of its parts: ints and durations exact, else a float.
class Sum {
 public:
  void add(const Datum& value) {
    type_ = count_ == 0 || type_ == value.type ? value.type : Type::kFloat;
    integer_ += static_cast<uint64_t>(value.integer);
    real_ += value.as_double();
    ++count_;
  }
  Datum sum() const {
    if (type_ == Type::kFloat) return {.type = type_, .real = real_};
    return {.type = type_, .integer = static_cast<int64_t>(integer_)};
  }
  Datum average() const {
    double average = real_ / static_cast<double>(count_);
    if (type_ != Type::kDuration) return {.type = Type::kFloat, .real = average};
    constexpr double kMost = 9.2e18;
    return {.type = type_, .integer = static_cast<int64_t>(std::clamp(average, -kMost, kMost))};
  }

 private:
  Type type_ = Type::kNil;
  uint64_t integer_ = 0;  // wraps, as Go's
  double real_ = 0;
  size_t count_ = 0;
};

class Evaluation {
 public:
  Evaluation(const TraceView& trace, const std::function<bool()>& is_over)
      : trace_(trace), is_over_(is_over), evaluator_(trace) {}

  std::vector<FoundSpans> run(const Pipeline& pipeline, FoundSpans input) {
    std::vector<FoundSpans> found;
    found.push_back(std::move(input));
    for (const Stage& stage : pipeline) {
      found =
          std::visit([&](const auto& what) { return apply(what, std::move(found)); }, stage.what);
      std::erase_if(found, [](const FoundSpans& each) { return each.spans.empty(); });
    }
    return found;
  }

 private:
  std::vector<FoundSpans> apply(const Spanset& spanset, std::vector<FoundSpans> input) {
    std::vector<FoundSpans> output;
    for (const FoundSpans& each : input) {
      // Each takes a pass over the trace: of very many in a large trace there is no end.
      if (input.size() > 1 && is_over_ && is_over_()) break;
      for (FoundSpans& found : spans_of(spanset, each)) output.push_back(std::move(found));
    }
    return output;
  }

  std::vector<FoundSpans> apply(const ScalarFilter& filter, std::vector<FoundSpans> input) {
    std::erase_if(input, [&](const FoundSpans& each) {
      return !compares(filter.comparison, scalar(filter.left, each), scalar(filter.right, each));
    });
    return input;
  }

  std::vector<FoundSpans> apply(const GroupBy& group, std::vector<FoundSpans> input) {
    std::vector<FoundSpans> output;
    std::string label = "by(" + group.spelling + ")";
    for (const FoundSpans& each : input) {
      std::map<Literal, size_t, Order> places;
      for (uint32_t span : each.spans) {
        Literal value = evaluator_.value(group.expression, span).literal();
        auto [place, is_new] = places.emplace(value, output.size());
        if (is_new) {
          output.push_back({.spans = {}, .labels = each.labels});
          output.back().labels.emplace_back(label, std::move(value));
        }
        output[place->second].spans.push_back(span);
      }
    }
    return output;
  }

  std::vector<FoundSpans> apply(const Coalesce&, const std::vector<FoundSpans>& input) {
    std::vector<FoundSpans> output(1);
    output[0].spans = spans_in(marks_of(input));
    return output;
  }

  std::vector<FoundSpans> apply(const Select&, std::vector<FoundSpans> input) { return input; }

  std::vector<FoundSpans> spans_of(const Spanset& spanset, const FoundSpans& input) {
    if (spanset.op == SpansetOp::kPipeline) return run(*spanset.pipeline, input);
    FoundSpans found{.spans = {}, .labels = input.labels};
    if (spanset.op == SpansetOp::kFilter) {
      for (uint32_t span : input.spans)
        if (evaluator_.holds(spanset.filter, span)) found.spans.push_back(span);
    } else {
      Marks left = marks_of(spans_of(spanset.args[0], input));
      Marks right = marks_of(spans_of(spanset.args[1], input));
      found.spans = spans_in(joined(spanset, left, right));
    }
    std::vector<FoundSpans> output;
    if (!found.spans.empty()) output.push_back(std::move(found));
    return output;
  }

  Marks joined(const Spanset& spanset, const Marks& left, const Marks& right) {
    bool both = is_any(left) && is_any(right);
    if (spanset.op == SpansetOp::kAnd && !both) return Marks(trace_.size(), 0);
    if (spanset.op == SpansetOp::kAnd || spanset.op == SpansetOp::kOr) return united(left, right);
    Marks found = related(spanset.op, trace_, left, right);
    if (spanset.relation == Relation::kUnion)
      return united(found, related(reverse_of(spanset.op), trace_, right, left));
    if (spanset.relation == Relation::kNegated)
      for (size_t span = 0; span < found.size(); ++span) found[span] = right[span] & ~found[span];
    return found;
  }

  static bool is_any(const Marks& marks) {
    return std::ranges::any_of(marks, [](uint8_t mark) { return mark != 0; });
  }
  static Marks united(Marks a, const Marks& b) {
    for (size_t span = 0; span < a.size(); ++span) a[span] |= b[span];
    return a;
  }
  Marks marks_of(const std::vector<FoundSpans>& found) const {
    Marks marks(trace_.size(), 0);
    for (const FoundSpans& each : found)
      for (uint32_t span : each.spans) marks[span] = 1;
    return marks;
  }
  static std::vector<uint32_t> spans_in(const Marks& marks) {
    std::vector<uint32_t> spans;
    for (uint32_t span = 0; span < marks.size(); ++span)
      if (marks[span]) spans.push_back(span);
    return spans;
  }

  Datum scalar(const Scalar& scalar_of, const FoundSpans& found) {
    if (scalar_of.aggregate) return aggregate(*scalar_of.aggregate, found);
    if (scalar_of.op == Op::kConstant) return Datum::of(scalar_of.constant);
    return calculate(scalar_of.op, scalar(scalar_of.args[0], found),
                     scalar(scalar_of.args[1], found));
  }

  Datum aggregate(const Aggregate& aggregate, const FoundSpans& found) {
    if (aggregate.op == AggregateOp::kCount)
      return {.type = Type::kInt, .integer = static_cast<int64_t>(found.spans.size())};
    Sum sum;
    Datum extreme;  // nil until the first number
    Op better = aggregate.op == AggregateOp::kMin ? Op::kLess : Op::kGreater;
    for (uint32_t span : found.spans) {
      Datum value = evaluator_.value(*aggregate.argument, span);
      if (!value.is_number()) continue;
      sum.add(value);
      if (extreme.type == Type::kNil || compares(better, value, extreme)) extreme = value;
    }
    if (extreme.type == Type::kNil) return extreme;
    if (aggregate.op == AggregateOp::kSum) return sum.sum();
    return aggregate.op == AggregateOp::kAvg ? sum.average() : extreme;
  }

  /// A total order, also of NaN.
  struct Order {
    bool operator()(const Literal& a, const Literal& b) const {
      if (a.type != b.type) return a.type < b.type;
      if (a.type == Type::kFloat) return std::strong_order(a.real, b.real) < 0;
      return std::tie(a.integer, a.text) < std::tie(b.integer, b.text);
    }
  };

  const TraceView& trace_;
  const std::function<bool()>& is_over_;
  SpanEvaluator evaluator_;
};

}  // namespace

std::vector<FoundSpans> find_spans(const Pipeline& pipeline, const TraceView& trace,
                                   const std::function<bool()>& is_over) {
  FoundSpans all;
  all.spans.resize(trace.size());
  std::iota(all.spans.begin(), all.spans.end(), 0U);
  return Evaluation(trace, is_over).run(pipeline, std::move(all));
}

}  // namespace clew::query::traceql
