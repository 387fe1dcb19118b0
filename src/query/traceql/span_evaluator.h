// What an expression comes to for a span.
#pragma once

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "query/traceql/ast.h"
#include "query/traceql/trace_view.h"

namespace clew::query::traceql {

/// A value found in a span; a view.
struct Datum {
  Type type = Type::kNil;
  int64_t integer = 0;  // as Literal::integer
  double real = 0;
  std::string_view text = {};
  std::span<const Datum> elements =
      {};  // of a list: an array, or the values of several events or links

  static Datum of(const Literal& literal) {
    return {literal.type, literal.integer, literal.real, literal.text};
  }
  static Datum of(otlp::Value value);  // of a list: without its elements

  bool is_number() const {
    return type == Type::kInt || type == Type::kFloat || type == Type::kDuration;
  }
  bool is_true() const { return type == Type::kBool && integer != 0; }
  /// A number as a float; a duration in nanoseconds.
  double as_double() const { return type == Type::kFloat ? real : static_cast<double>(integer); }
  /// A copy that owns its text; a list becomes its first element.
  Literal literal() const;
};

/// `a op b` of a comparison, as TraceQL compares: false where one is absent or the types differ; of
/// a list = and the like hold if they do for one element, != and !~ if no element is equal.
bool compares(Op op, const Datum& a, const Datum& b, const re2::RE2* pattern = nullptr);

/// Arithmetic; nil where it does not go.
Datum calculate(Op op, const Datum& a, const Datum& b);

/// Evaluates expressions over the spans of one trace. One thread.
class SpanEvaluator {
 public:
  explicit SpanEvaluator(const TraceView& trace) : trace_(trace) {}

  /// Valid until the next call.
  Datum value(const Expression& expression, uint32_t span);
  Datum value(const Field& field, uint32_t span);
  /// In which scope an attribute that the span has is found; kAny for an intrinsic.
  Scope place(const Field& field, uint32_t span);
  bool holds(const Expression& filter, uint32_t span) { return value(filter, span).is_true(); }

 private:
  Datum evaluate(const Expression& expression, uint32_t span);
  Datum find(const Field& field, uint32_t span);
  Datum attribute(const Field& field, uint32_t span);
  Datum attribute(Scope scope, std::string_view key, uint32_t span);
  Datum intrinsic(Intrinsic intrinsic, uint32_t span);
  Datum of_value(otlp::Value value);
  Datum of_text(std::string text);
  /// The one value, or a list of several; nil if there are none.
  Datum of_values(std::vector<Datum> values);

  const TraceView& trace_;
  std::deque<std::string> texts_;  // what views of this call need
  std::deque<std::vector<Datum>> lists_;
};

}  // namespace clew::query::traceql
