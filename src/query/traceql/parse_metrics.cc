#include <array>

#include "query/traceql/parse_expression.h"
#include "query/traceql/parse_stage.h"

namespace clew::query::traceql {
namespace {

struct FunctionWord {
  std::string_view word;
  MetricOp op;
};
constexpr std::array<FunctionWord, 9> kFunctions = {{
    {"rate", MetricOp::kRate},
    {"count_over_time", MetricOp::kCount},
    {"min_over_time", MetricOp::kMin},
    {"max_over_time", MetricOp::kMax},
    {"avg_over_time", MetricOp::kAvg},
    {"sum_over_time", MetricOp::kSum},
    {"quantile_over_time", MetricOp::kQuantile},
    {"histogram_over_time", MetricOp::kHistogram},
    {"compare", MetricOp::kCompare},
}};

/// A series has a label for each, and functions that answer several series for one group need one
/// for themselves.
constexpr size_t kMostLabels = 5;

bool needs_label(MetricOp op) {
  return op == MetricOp::kQuantile || op == MetricOp::kHistogram || op == MetricOp::kAvg;
}

const FunctionWord* function_at(const Cursor& cursor) {
  for (const FunctionWord& known : kFunctions)
    if (cursor.at_word(known.word)) return &known;
  return nullptr;
}

Result<Literal> parse_literal(Cursor& cursor, Type type, std::string_view wanted) {
  const Token& token = cursor.peek();
  if (token.kind != Token::Kind::kLiteral || token.literal.type != type)
    return cursor.unexpected(wanted);
  return cursor.next().literal;
}

Result<int64_t> parse_integer(Cursor& cursor) {
  auto literal = parse_literal(cursor, Type::kInt, "a whole number");
  if (!literal) return std::unexpected(literal.error());
  return literal->integer;
}

class FunctionParser {
 public:
  explicit FunctionParser(Cursor& cursor) : cursor_(cursor) {}

  Result<MetricFunction> parse() {
    column_ = cursor_.peek().column;
    function_.op = function_at(cursor_)->op;
    cursor_.next();
    auto read = in_order([&] { return cursor_.expect("("); }, [&] { return arguments(); },
                         [&] { return cursor_.expect(")"); }, [&] { return labels(); },
                         [&] { return check(); });
    if (!read) return std::unexpected(read.error());
    return std::move(function_);
  }

 private:
  Result<void> arguments() {
    if (function_.op == MetricOp::kRate || function_.op == MetricOp::kCount) return {};
    if (function_.op == MetricOp::kCompare) return compared();
    auto field = parse_field(cursor_);
    if (!field) return std::unexpected(field.error());
    function_.field = *std::move(field);
    return function_.op == MetricOp::kQuantile ? quantiles() : Result<void>();
  }

  Result<void> quantiles() {
    if (auto comma = cursor_.expect(","); !comma) return comma;
    do {
      if (auto counted = cursor_.count_node(); !counted) return counted;
      const Token& token = cursor_.peek();
      bool number = token.kind == Token::Kind::kLiteral &&
                    (token.literal.type == Type::kInt || token.literal.type == Type::kFloat);
      if (!number) return cursor_.unexpected("a quantile from 0 to 1");
      const Literal& literal = cursor_.next().literal;
      function_.quantiles.push_back(
          literal.type == Type::kInt ? static_cast<double>(literal.integer) : literal.real);
    } while (cursor_.accept(","));
    return {};
  }

  Result<void> compared() {
    auto selection = parse_filter(cursor_);
    if (!selection) return std::unexpected(selection.error());
    function_.selection = *std::move(selection);
    if (!cursor_.accept(",")) return {};
    auto most = parse_integer(cursor_);
    if (!most) return std::unexpected(most.error());
    function_.most_values = *most;
    if (!cursor_.accept(",")) return {};
    auto start = parse_integer(cursor_);
    if (!start) return std::unexpected(start.error());
    if (auto comma = cursor_.expect(","); !comma) return comma;
    auto end = parse_integer(cursor_);
    if (!end) return std::unexpected(end.error());
    function_.start = *start;
    function_.end = *end;
    return {};
  }

  Result<void> labels() {
    if (function_.op == MetricOp::kCompare || !cursor_.at_word("by")) return {};
    cursor_.next();
    if (auto opened = cursor_.expect("("); !opened) return opened;
    do {
      if (auto counted = cursor_.count_node(); !counted) return counted;
      auto field = parse_field(cursor_);
      if (!field) return std::unexpected(field.error());
      function_.by.push_back(*std::move(field));
    } while (cursor_.accept(","));
    return cursor_.expect(")");
  }

  Result<void> check() {
    size_t most = kMostLabels - (needs_label(function_.op) ? 1 : 0);
    if (function_.by.size() > most)
      return fail_at(column_, fmt::format("by() with {} labels, at most {} are allowed",
                                          function_.by.size(), most));
    for (double quantile : function_.quantiles)
      if (!(quantile >= 0 && quantile <= 1))
        return fail_at(column_, fmt::format("a quantile is from 0 to 1, not {}", quantile));
    if (function_.most_values <= 0)
      return fail_at(column_, "compare() wants a number of values above 0");
    if (function_.start && *function_.end <= *function_.start)
      return fail_at(column_, "compare() wants an end behind the start, in nanoseconds");
    return {};
  }

  Cursor& cursor_;
  MetricFunction function_;
  size_t column_ = 1;
};

Result<SecondStage> parse_top(Cursor& cursor) {
  bool largest = cursor.at_word("topk");
  if (!largest && !cursor.at_word("bottomk")) return cursor.unexpected("topk() or bottomk()");
  size_t column = cursor.next().column;
  if (auto opened = cursor.expect("("); !opened) return std::unexpected(opened.error());
  auto count = parse_integer(cursor);
  if (!count) return std::unexpected(count.error());
  if (auto closed = cursor.expect(")"); !closed) return std::unexpected(closed.error());
  if (*count <= 0) return fail_at(column, "topk() and bottomk() want a number above 0");
  return TopK{largest, *count};
}

Result<SecondStage> parse_threshold(Cursor& cursor, Op comparison) {
  if (comparison == Op::kMatches || comparison == Op::kNotMatches)
    return cursor.unexpected("a comparison (= != < <= > >=)");
  cursor.next();
  auto number = parse_number(cursor);
  if (!number) return std::unexpected(number.error());
  double value = number->type == Type::kFloat ? number->real : static_cast<double>(number->integer);
  constexpr double kNanoseconds = 1e9;
  if (number->type == Type::kDuration) value /= kNanoseconds;
  return Threshold{comparison, value};
}

}  // namespace

bool at_metric_function(const Cursor& cursor) {
  return function_at(cursor) != nullptr;
}

Result<MetricFunction> parse_metric_function(Cursor& cursor) {
  return FunctionParser(cursor).parse();
}

Result<std::vector<SecondStage>> parse_second_stages(Cursor& cursor) {
  std::vector<SecondStage> stages;
  while (true) {
    if (auto counted = cursor.count_node(); !counted) return std::unexpected(counted.error());
    Op comparison = comparison_at(cursor);
    bool piped = cursor.at_symbol("|");
    if (!piped && comparison == Op::kConstant) return stages;
    if (piped) cursor.next();
    auto stage = piped ? parse_top(cursor) : parse_threshold(cursor, comparison);
    if (!stage) return std::unexpected(stage.error());
    stages.push_back(*stage);
  }
}

}  // namespace clew::query::traceql
