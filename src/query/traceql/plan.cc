#include "query/traceql/plan.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/limits.h"

namespace clew::query::traceql {
namespace {

using store::Comparison;

// Guesses of Witness::selectivity, for what is usual in meshes.
constexpr int kValue = 8;    // an attribute of spans has this value
constexpr int kName = 6;     // the span's name
constexpr int kService = 4;  // a resource's attribute has this value
constexpr int kSome = 3;     // an attribute is there, or is compared otherwise
constexpr int kFew = 2;      // status, kind
constexpr int kDurations = 1;

std::optional<Comparison> comparison_of(Op op) {
  switch (op) {
    case Op::kEqual:
      return Comparison::kEqual;
    case Op::kNotEqual:
      return Comparison::kNotEqual;
    case Op::kLess:
      return Comparison::kLess;
    case Op::kLessEqual:
      return Comparison::kLessEqual;
    case Op::kGreater:
      return Comparison::kGreater;
    case Op::kGreaterEqual:
      return Comparison::kGreaterEqual;
    case Op::kMatches:
      return Comparison::kMatches;
    case Op::kNotMatches:
      return Comparison::kNotMatches;
    default:
      return std::nullopt;
  }
}

/// `5 < x` is `x > 5`.
Op mirrored(Op op) {
  switch (op) {
    case Op::kLess:
      return Op::kGreater;
    case Op::kLessEqual:
      return Op::kGreaterEqual;
    case Op::kGreater:
      return Op::kLess;
    case Op::kGreaterEqual:
      return Op::kLessEqual;
    default:
      return op;
  }
}

/// False for links, which no index has.
bool is_indexed(const Field& field) {
  return field.intrinsic == Intrinsic::kNone && field.scope != Scope::kLink;
}

class Narrowing {
 public:
  void add(const Expression& expression) {
    if (expression.op == Op::kAnd) {
      add(expression.args[0]);
      add(expression.args[1]);
    } else if (expression.op == Op::kField) {
      compare(expression.field, Op::kEqual, {.type = Type::kBool, .integer = 1});
    } else if (expression.op == Op::kExists && expression.args[0].op == Op::kField) {
      if (is_indexed(expression.args[0].field))
        condition(expression.args[0].field, Comparison::kExists, std::string(), kSome);
    } else if (expression.args.size() == 2) {
      const Expression& left = expression.args[0];
      const Expression& right = expression.args[1];
      if (left.op == Op::kField && right.op == Op::kConstant)
        compare(left.field, expression.op, right.constant);
      else if (left.op == Op::kConstant && right.op == Op::kField && !right.field.key.empty())
        compare(right.field, mirrored(expression.op), left.constant);
    }
  }

  Witness take() { return std::move(witness_); }

 private:
  void compare(const Field& field, Op op, const Literal& constant) {
    if (field.intrinsic != Intrinsic::kNone)
      return compare_intrinsic(field.intrinsic, op, constant);
    auto comparison = comparison_of(op);
    if (!comparison || !is_indexed(field)) return;
    bool equal = op == Op::kEqual;
    bool is_service = field.scope == Scope::kResource && field.key == "service.name";
    if (equal && is_service && constant.type == Type::kString && witness_.filter.service.empty() &&
        !constant.text.empty()) {
      witness_.filter.service = constant.text;
      return raise(kService);
    }
    int selectivity = !equal ? kSome : field.scope == Scope::kResource ? kService : kValue;
    switch (constant.type) {
      case Type::kInt:
      case Type::kDuration:
        return condition(field, *comparison, constant.integer, selectivity);
      case Type::kFloat:
        return condition(field, *comparison, constant.real, selectivity);
      case Type::kString:
        return condition(field, *comparison, constant.text, selectivity);
      case Type::kBool:
        if (equal || op == Op::kNotEqual)
          condition(field, *comparison, constant.integer != 0, equal ? kFew + 1 : kSome);
        return;
      default:
        return;  // no attribute is of this type
    }
  }

  void condition(const Field& field, Comparison comparison,
                 std::variant<std::string, int64_t, double, bool> operand, int selectivity) {
    if (witness_.filter.conditions.size() >= limits::kTagsPerQuery) return;
    witness_.filter.conditions.push_back({.scope = indexed_scope(field.scope),
                                          .key = field.key,
                                          .comparison = comparison,
                                          .operand = std::move(operand),
                                          .elements = true});
    raise(selectivity);
  }

  void compare_intrinsic(Intrinsic intrinsic, Op op, const Literal& constant) {
    store::Filter& filter = witness_.filter;
    bool equal = op == Op::kEqual;
    if (intrinsic == Intrinsic::kName && equal && !constant.text.empty()) {
      filter.operation = constant.text;
      raise(kName);
    } else if (intrinsic == Intrinsic::kKind && equal) {
      filter.kind = static_cast<otlp::SpanKind>(constant.integer);
      raise(kFew);
    } else if (intrinsic == Intrinsic::kStatus && equal) {
      filter.status = static_cast<otlp::StatusCode>(constant.integer);
      raise(kFew);
    } else if (intrinsic == Intrinsic::kDuration) {
      bound(op, constant, filter.min_duration, filter.max_duration);
    } else if (intrinsic == Intrinsic::kTraceDuration) {
      bound(op, constant, filter.min_trace_duration, filter.max_trace_duration);
    }
  }

  /// Bounds are inclusive, so they let through a little more than the comparison.
  void bound(Op op, const Literal& constant, std::optional<uint64_t>& least,
             std::optional<uint64_t>& most) {
    constexpr double kMost = 9e18;
    double value =
        constant.type == Type::kFloat ? constant.real : static_cast<double>(constant.integer);
    if (!(value >= 0 && value < kMost)) return;
    auto low = static_cast<uint64_t>(std::floor(value));
    auto high = static_cast<uint64_t>(std::ceil(value));
    if (constant.type != Type::kFloat) low = high = static_cast<uint64_t>(constant.integer);
    bool below = op == Op::kEqual || op == Op::kLess || op == Op::kLessEqual;
    bool above = op == Op::kEqual || op == Op::kGreater || op == Op::kGreaterEqual;
    if (above) least = std::max(least.value_or(0), low);
    if (below) most = std::min(most.value_or(UINT64_MAX), high);
    if (above || below) raise(kDurations);
  }

  void raise(int selectivity) { witness_.selectivity += selectivity; }

  Witness witness_;
};

void add_witnesses(const Spanset& spanset, std::vector<Witness>& witnesses) {
  switch (spanset.op) {
    case SpansetOp::kFilter: {
      Witness witness = witness_of(spanset.filter);
      if (witness.selectivity > 0) witnesses.push_back(std::move(witness));
      return;
    }
    case SpansetOp::kPipeline:
      std::ranges::move(witnesses_of(*spanset.pipeline), std::back_inserter(witnesses));
      return;
    case SpansetOp::kOr:
      return;
    default:
      // A negated relation holds where the left side has nothing.
      if (spanset.relation != Relation::kNegated) add_witnesses(spanset.args[0], witnesses);
      add_witnesses(spanset.args[1], witnesses);
  }
}

}  // namespace

std::optional<store::AttributeScope> indexed_scope(Scope scope) {
  switch (scope) {
    case Scope::kSpan:
      return store::AttributeScope::kSpan;
    case Scope::kResource:
      return store::AttributeScope::kResource;
    case Scope::kEvent:
      return store::AttributeScope::kEvent;
    case Scope::kInstrumentation:
      return store::AttributeScope::kScope;
    default:
      return std::nullopt;
  }
}

Witness witness_of(const Expression& filter) {
  Narrowing narrowing;
  narrowing.add(filter);
  return narrowing.take();
}

std::vector<Witness> witnesses_of(const Pipeline& pipeline) {
  std::vector<Witness> witnesses;
  for (const Stage& stage : pipeline)
    if (const auto* spanset = std::get_if<Spanset>(&stage.what)) add_witnesses(*spanset, witnesses);
  std::ranges::stable_sort(witnesses, std::greater{}, &Witness::selectivity);
  return witnesses;
}

}  // namespace clew::query::traceql
