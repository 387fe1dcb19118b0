#include "query/population.h"

#include <algorithm>
#include <variant>

namespace clew::query {
namespace {

using namespace traceql;

/// Adds what an expression demands; false if the filter cannot say it exactly.
class Exactly {
 public:
  bool add(const Expression& expression) {
    if (expression.op == Op::kAnd) return add(expression.args[0]) && add(expression.args[1]);
    if (expression.op == Op::kConstant)
      return expression.constant.type == Type::kBool && expression.constant.integer != 0;
    bool compares = expression.args.size() == 2 && expression.args[0].op == Op::kField &&
                    expression.args[1].op == Op::kConstant;
    return compares && add(expression.args[0].field, expression.op, expression.args[1].constant);
  }

  store::Filter take() { return std::move(filter_); }

 private:
  /// Each at most once: a filter has one service.
  bool add(const Field& field, Op op, const Literal& constant) {
    bool equal = op == Op::kEqual;
    bool text = equal && constant.type == Type::kString && !constant.text.empty();
    if (text && field.scope == Scope::kResource && field.key == "service.name")
      return set(filter_.service, constant.text);
    switch (field.intrinsic) {
      case Intrinsic::kName:
        return text && set(filter_.operation, constant.text);
      case Intrinsic::kKind:
        return equal && constant.type == Type::kKind &&
               set(filter_.kind, static_cast<otlp::SpanKind>(constant.integer));
      case Intrinsic::kStatus:
        return equal && constant.type == Type::kStatus &&
               set(filter_.status, static_cast<otlp::StatusCode>(constant.integer));
      case Intrinsic::kDuration:
        return constant.type == Type::kDuration &&
               bound(op, constant.integer, filter_.min_duration, filter_.max_duration);
      case Intrinsic::kTraceDuration:
        return constant.type == Type::kDuration &&
               bound(op, constant.integer, filter_.min_trace_duration, filter_.max_trace_duration);
      default:
        return false;
    }
  }

  static bool set(std::string& place, const std::string& text) {
    if (!place.empty() && place != text) return false;
    place = text;
    return true;
  }

  template <typename T>
  static bool set(std::optional<T>& place, T value) {
    if (place && *place != value) return false;
    place = value;
    return true;
  }

  static bool bound(Op op, int64_t value, std::optional<uint64_t>& least,
                    std::optional<uint64_t>& most) {
    if (op == Op::kGreater) value += 1;
    if (op == Op::kLess) value -= 1;
    if (value < 0) return false;
    auto limit = static_cast<uint64_t>(value);
    if (op == Op::kGreater || op == Op::kGreaterEqual)
      least = std::max(least.value_or(0), limit);
    else if (op == Op::kLess || op == Op::kLessEqual)
      most = std::min(most.value_or(UINT64_MAX), limit);
    else
      return false;
    return true;
  }

  store::Filter filter_;
};

}  // namespace

std::optional<store::Filter> exact_filter(const Pipeline& pipeline) {
  const auto* spanset = pipeline.size() == 1 ? std::get_if<Spanset>(&pipeline[0].what) : nullptr;
  Exactly exactly;
  if (!spanset || spanset->op != SpansetOp::kFilter || !exactly.add(spanset->filter))
    return std::nullopt;
  return exactly.take();
}

}  // namespace clew::query
