// Comparing values and calculating with them.
#include <algorithm>
#include <cmath>
#include <compare>

#include "query/traceql/span_evaluator.h"

namespace clew::query::traceql {
namespace {

bool go_together(const Datum& a, const Datum& b) {
  return (a.is_number() && b.is_number()) ||
         (a.type == b.type && a.type != Type::kNil && a.type != Type::kOther);
}

std::partial_ordering order_of(const Datum& a, const Datum& b) {
  if (a.type == Type::kString) return a.text <=> b.text;
  if (a.type == Type::kFloat || b.type == Type::kFloat) return a.as_double() <=> b.as_double();
  return a.integer <=> b.integer;
}

bool holds(Op op, std::partial_ordering order) {
  switch (op) {
    case Op::kEqual:
      return order == 0;
    case Op::kNotEqual:
      return order != 0;
    case Op::kLess:
      return order < 0;
    case Op::kLessEqual:
      return order <= 0;
    case Op::kGreater:
      return order > 0;
    case Op::kGreaterEqual:
      return order >= 0;
    default:
      return false;
  }
}

bool has_order(Type type) {
  return type != Type::kBool && type != Type::kStatus && type != Type::kKind;
}

/// Of two values that are no lists.
bool compares_single(Op op, const Datum& a, const Datum& b, const re2::RE2* pattern) {
  if (!go_together(a, b)) return false;
  if (!has_order(a.type) && op != Op::kEqual && op != Op::kNotEqual) return false;
  if (op != Op::kMatches && op != Op::kNotMatches) return holds(op, order_of(a, b));
  if (a.type != Type::kString || !pattern) return false;
  bool matches = re2::RE2::FullMatch({a.text.data(), a.text.size()}, *pattern);
  return matches == (op == Op::kMatches);
}

std::span<const Datum> elements_of(const Datum& datum) {
  return datum.type == Type::kList ? datum.elements : std::span(&datum, 1);
}

/// Without the undefined cases of C++: what does not fit wraps, as in Go.
Datum calculate_integers(Op op, int64_t a, int64_t b) {
  auto wrapped = [](uint64_t value) {
    return Datum{.type = Type::kInt, .integer = static_cast<int64_t>(value)};
  };
  auto x = static_cast<uint64_t>(a);
  auto y = static_cast<uint64_t>(b);
  switch (op) {
    case Op::kAdd:
      return wrapped(x + y);
    case Op::kSub:
      return wrapped(x - y);
    case Op::kMul:
      return wrapped(x * y);
    case Op::kDiv:
      if (b == 0) return {};
      return b == -1 ? wrapped(0 - x) : wrapped(static_cast<uint64_t>(a / b));
    case Op::kMod:
      if (b == 0) return {};
      return b == -1 ? wrapped(0) : wrapped(static_cast<uint64_t>(a % b));
    default:
      break;
  }
  if (b < 0)
    return {.type = Type::kFloat, .real = std::pow(static_cast<double>(a), static_cast<double>(b))};
  uint64_t power = 1;
  for (; y > 0; y >>= 1, x *= x)
    if (y & 1) power *= x;
  return wrapped(power);
}

}  // namespace

bool compares(Op op, const Datum& a, const Datum& b, const re2::RE2* pattern) {
  if (a.type != Type::kList && b.type != Type::kList) return compares_single(op, a, b, pattern);
  if (a.type == b.type) return false;  // two lists
  bool negative = op == Op::kNotEqual || op == Op::kNotMatches;
  Op positive = op == Op::kNotEqual ? Op::kEqual : op == Op::kNotMatches ? Op::kMatches : op;
  bool comparable = false;
  for (const Datum& x : elements_of(a)) {
    for (const Datum& y : elements_of(b)) {
      comparable |= go_together(x, y);
      if (compares_single(positive, x, y, pattern)) return !negative;
    }
  }
  return negative && comparable;
}

Datum calculate(Op op, const Datum& a, const Datum& b) {
  if (!a.is_number() || !b.is_number()) return {};
  if (a.type == Type::kInt && b.type == Type::kInt)
    return calculate_integers(op, a.integer, b.integer);
  double x = a.as_double();
  double y = b.as_double();
  auto real = [](double value) { return Datum{.type = Type::kFloat, .real = value}; };
  switch (op) {
    case Op::kAdd:
      return real(x + y);
    case Op::kSub:
      return real(x - y);
    case Op::kMul:
      return real(x * y);
    case Op::kDiv:
      return real(x / y);
    case Op::kMod:
      return real(std::fmod(x, y));
    default:
      return real(std::pow(x, y));
  }
}

}  // namespace clew::query::traceql
