#include "query/traceql/check.h"

#include <algorithm>

#include "base/limits.h"
#include "base/metrics.h"
#include "query/traceql/lexer.h"
#include "query/traceql/trace_id_text.h"

namespace clew::query::traceql {
namespace {

bool is_number(Type type) {
  return type == Type::kInt || type == Type::kFloat || type == Type::kDuration;
}

bool is_arithmetic(Op op) {
  return op >= Op::kAdd && op <= Op::kPow;
}

bool is_regex(Op op) {
  return op == Op::kMatches || op == Op::kNotMatches;
}

Type type_of(Intrinsic intrinsic) {
  switch (intrinsic) {
    case Intrinsic::kNone:
      return Type::kAttribute;
    case Intrinsic::kDuration:
    case Intrinsic::kTraceDuration:
    case Intrinsic::kEventTimeSinceStart:
      return Type::kDuration;
    case Intrinsic::kStatus:
      return Type::kStatus;
    case Intrinsic::kKind:
      return Type::kKind;
    case Intrinsic::kChildCount:
    case Intrinsic::kNestedSetLeft:
    case Intrinsic::kNestedSetRight:
    case Intrinsic::kNestedSetParent:
      return Type::kInt;
    default:
      return Type::kString;
  }
}

bool takes(Op op, Type type) {
  bool equality = op == Op::kEqual || op == Op::kNotEqual;
  bool order = op >= Op::kLess && op <= Op::kGreaterEqual;
  if (type == Type::kAttribute) return true;
  if (type == Type::kBool) return equality || op == Op::kAnd || op == Op::kOr;
  if (type == Type::kString) return equality || order || is_regex(op);
  if (is_number(type)) return equality || order || is_arithmetic(op);
  return equality;
}

bool go_together(Type a, Type b) {
  return a == Type::kAttribute || b == Type::kAttribute || a == b || (is_number(a) && is_number(b));
}

Result<Type> check(Expression& expression);

Result<void> compile_pattern(Expression& expression) {
  const Expression& right = expression.args[1];
  if (right.op != Op::kConstant || right.constant.type != Type::kString)
    return fail_at(expression.column,
                   "=~ and !~ want a text with a regular expression behind them");
  const std::string& pattern = right.constant.text;
  if (pattern.size() > limits::kRegexBytes) {
    metrics::count_limit_hit("regex_bytes");
    return fail_at(expression.column, fmt::format("a regex of {} bytes, at most {} are allowed",
                                                  pattern.size(), limits::kRegexBytes));
  }
  re2::RE2::Options options;
  options.set_max_mem(limits::kRegexMemoryBytes);
  options.set_dot_nl(true);
  options.set_never_capture(true);
  options.set_log_errors(false);
  auto regex = std::make_shared<const re2::RE2>(pattern, options);
  if (!regex->ok())
    return fail_at(expression.column,
                   fmt::format("wrong regex \"{}\": {}", pattern, regex->error()));
  expression.pattern = std::move(regex);
  return {};
}

Result<Type> check_presence(Expression& expression) {
  Expression& of = expression.args[0];
  auto type = check(of);
  if (!type) return type;
  bool always = of.op == Op::kField &&
                (of.field.intrinsic != Intrinsic::kNone ||
                 (of.field.scope == Scope::kResource && of.field.key == "service.name"));
  if (always && expression.op == Op::kAbsent)
    return fail_at(expression.column, fmt::format("{} is never nil", of.field.spelling));
  return Type::kBool;
}

Result<Type> check_unary(Expression& expression) {
  auto type = check(expression.args[0]);
  if (!type || *type == Type::kAttribute) return type;
  if (expression.op == Op::kNegate && !is_number(*type))
    return fail_at(expression.column, "- wants a number behind it");
  if (expression.op == Op::kNot && *type != Type::kBool)
    return fail_at(expression.column, "! wants true or false behind it");
  return type;
}

/// IDs of traces may be written with leading zeros.
void shorten_trace_ids(Expression& expression) {
  auto is_trace_id = [](const Expression& side) {
    return side.op == Op::kField && (side.field.intrinsic == Intrinsic::kTraceId ||
                                     side.field.intrinsic == Intrinsic::kLinkTraceId);
  };
  bool is_pattern = expression.op == Op::kMatches || expression.op == Op::kNotMatches;
  if (is_pattern || std::ranges::none_of(expression.args, is_trace_id)) return;
  for (Expression& side : expression.args)
    if (side.op == Op::kConstant) side.constant.text = short_trace_id(side.constant.text);
}

Result<Type> check_binary(Expression& expression) {
  auto left = check(expression.args[0]);
  if (!left) return left;
  auto right = check(expression.args[1]);
  if (!right) return right;
  if (!go_together(*left, *right))
    return fail_at(expression.column, "the two sides are of different types");
  if (!takes(expression.op, *left) || !takes(expression.op, *right))
    return fail_at(expression.column, "the operator does not go with values of this type");
  if (is_regex(expression.op))
    if (auto compiled = compile_pattern(expression); !compiled)
      return std::unexpected(compiled.error());
  shorten_trace_ids(expression);
  if (!is_arithmetic(expression.op)) return Type::kBool;
  return *left == Type::kAttribute ? *right : *left;
}

Result<Type> check(Expression& expression) {
  switch (expression.op) {
    case Op::kConstant:
      return expression.constant.type;
    case Op::kField:
      return type_of(expression.field.intrinsic);
    case Op::kExists:
    case Op::kAbsent:
      return check_presence(expression);
    case Op::kNegate:
    case Op::kNot:
      return check_unary(expression);
    default:
      return check_binary(expression);
  }
}

bool names_a_field(const Expression& expression) {
  return expression.op == Op::kField || std::ranges::any_of(expression.args, names_a_field);
}

}  // namespace

Result<void> check_filter(Expression& filter) {
  auto type = check(filter);
  if (!type) return std::unexpected(type.error());
  if (*type != Type::kAttribute && *type != Type::kBool)
    return fail_at(filter.begin, "a filter must say yes or no: compare this with something");
  return {};
}

Result<void> check_group(Expression& expression, size_t column) {
  auto type = check(expression);
  if (!type) return std::unexpected(type.error());
  if (!names_a_field(expression))
    return fail_at(column, "by() must name an attribute or an intrinsic");
  return {};
}

Result<void> check_aggregate(Aggregate& aggregate, size_t column) {
  if (!aggregate.argument) return {};
  auto type = check(*aggregate.argument);
  if (!type) return std::unexpected(type.error());
  if (*type != Type::kAttribute && !is_number(*type))
    return fail_at(column, "the aggregate wants a number");
  if (!names_a_field(*aggregate.argument))
    return fail_at(column, "the aggregate must name an attribute or an intrinsic");
  return {};
}

}  // namespace clew::query::traceql
