#include "query/traceql/parse_stage.h"

#include <algorithm>
#include <array>

#include "query/traceql/check.h"
#include "query/traceql/parse_expression.h"

namespace clew::query::traceql {
namespace {

/// Made in place: GCC 12 takes a variant that is moved into a Result for uninitialized.
template <typename What>
Result<Stage> made_stage(What&& what) {
  Result<Stage> stage(std::in_place);
  stage->what.emplace<std::remove_cvref_t<What>>(std::forward<What>(what));
  return stage;
}

struct AggregateWord {
  std::string_view word;
  AggregateOp op;
};
constexpr std::array<AggregateWord, 5> kAggregates = {{
    {"count", AggregateOp::kCount},
    {"min", AggregateOp::kMin},
    {"max", AggregateOp::kMax},
    {"avg", AggregateOp::kAvg},
    {"sum", AggregateOp::kSum},
}};

const AggregateWord* aggregate_at(const Cursor& cursor) {
  for (const AggregateWord& known : kAggregates)
    if (cursor.at_word(known.word)) return &known;
  return nullptr;
}

Result<Scalar> parse_aggregate(Cursor& cursor, AggregateOp op) {
  size_t column = cursor.next().column;
  Aggregate aggregate{.op = op};
  auto read = in_order([&] { return cursor.expect("("); },
                       [&]() -> Result<void> {
                         if (op == AggregateOp::kCount) return {};
                         auto argument = parse_expression(cursor);
                         if (!argument) return std::unexpected(argument.error());
                         aggregate.argument = *std::move(argument);
                         return {};
                       },
                       [&] { return cursor.expect(")"); },
                       [&] { return check_aggregate(aggregate, column); });
  if (!read) return std::unexpected(read.error());
  return Scalar{.op = Op::kField, .column = column, .aggregate = std::move(aggregate)};
}

struct ScalarBinary {
  std::string_view symbol;
  Op op;
  int level;
};
constexpr std::array<ScalarBinary, 6> kScalarBinary = {{{"+", Op::kAdd, 1},
                                                        {"-", Op::kSub, 1},
                                                        {"*", Op::kMul, 2},
                                                        {"/", Op::kDiv, 2},
                                                        {"%", Op::kMod, 2},
                                                        {"^", Op::kPow, 3}}};
constexpr int kScalarPower = 3;

Result<Scalar> parse_scalar(Cursor& cursor, int level);

Result<Scalar> parse_scalar_operand(Cursor& cursor) {
  if (auto counted = cursor.count_node(); !counted) return std::unexpected(counted.error());
  if (const AggregateWord* known = aggregate_at(cursor)) return parse_aggregate(cursor, known->op);
  size_t column = cursor.peek().column;
  if (cursor.accept("(")) {
    auto inner = parse_scalar(cursor, 1);
    if (!inner) return inner;
    if (auto closed = cursor.expect(")"); !closed) return std::unexpected(closed.error());
    return inner;
  }
  auto number = parse_number(cursor);
  if (!number) return std::unexpected(number.error());
  return Scalar{.column = column, .constant = *std::move(number)};
}

Result<Scalar> parse_scalar(Cursor& cursor, int level) {
  auto left = parse_scalar_operand(cursor);
  while (left) {
    const auto* binary = std::ranges::find_if(kScalarBinary, [&](const ScalarBinary& known) {
      return known.level >= level && cursor.at_symbol(known.symbol);
    });
    if (binary == kScalarBinary.end()) return left;
    cursor.next();
    auto right = parse_scalar(cursor, binary->level + (binary->level == kScalarPower ? 0 : 1));
    if (!right) return right;
    Scalar both{.op = binary->op, .column = left->column};
    both.args.push_back(*std::move(left));
    both.args.push_back(*std::move(right));
    left = std::move(both);
  }
  return left;
}

Result<Stage> parse_scalar_filter(Cursor& cursor) {
  auto left = parse_scalar(cursor, 1);
  if (!left) return std::unexpected(left.error());
  Op comparison = comparison_at(cursor);
  if (comparison == Op::kConstant || comparison == Op::kMatches || comparison == Op::kNotMatches)
    return cursor.unexpected("a comparison (= != < <= > >=)");
  cursor.next();
  auto right = parse_scalar(cursor, 1);
  if (!right) return std::unexpected(right.error());
  return made_stage(ScalarFilter{comparison, *std::move(left), *std::move(right)});
}

Result<Stage> parse_group(Cursor& cursor) {
  size_t column = cursor.next().column;
  if (auto opened = cursor.expect("("); !opened) return std::unexpected(opened.error());
  size_t begin = cursor.peek().begin;
  auto expression = parse_expression(cursor);
  if (!expression) return std::unexpected(expression.error());
  GroupBy group{*std::move(expression), cursor.text_since(begin)};
  auto done = in_order([&] { return cursor.expect(")"); },
                       [&] { return check_group(group.expression, column); });
  if (!done) return std::unexpected(done.error());
  return made_stage(std::move(group));
}

Result<Stage> parse_select(Cursor& cursor) {
  cursor.next();
  if (auto opened = cursor.expect("("); !opened) return std::unexpected(opened.error());
  std::vector<Field> fields;
  do {
    if (auto counted = cursor.count_node(); !counted) return std::unexpected(counted.error());
    auto field = parse_field(cursor);
    if (!field) return std::unexpected(field.error());
    fields.push_back(*std::move(field));
  } while (cursor.accept(","));
  if (auto closed = cursor.expect(")"); !closed) return std::unexpected(closed.error());
  return made_stage(Select{std::move(fields)});
}

}  // namespace

bool at_stage(const Cursor& cursor, bool first) {
  const Token& token = cursor.peek();
  bool number = token.kind == Token::Kind::kLiteral && token.literal.type != Type::kString;
  return number || cursor.at_symbol("-") || aggregate_at(cursor) || cursor.at_word("by") ||
         cursor.at_word("select") || (!first && cursor.at_word("coalesce"));
}

Result<Stage> parse_stage(Cursor& cursor) {
  if (auto counted = cursor.count_node(); !counted) return std::unexpected(counted.error());
  if (cursor.at_word("by")) return parse_group(cursor);
  if (cursor.at_word("select")) return parse_select(cursor);
  if (cursor.at_word("coalesce")) {
    cursor.next();
    auto read = in_order([&] { return cursor.expect("("); }, [&] { return cursor.expect(")"); });
    if (!read) return std::unexpected(read.error());
    return made_stage(Coalesce{});
  }
  return parse_scalar_filter(cursor);
}

Result<Spanset> parse_filter(Cursor& cursor) {
  if (auto opened = cursor.expect("{"); !opened) return std::unexpected(opened.error());
  Spanset spanset;
  if (cursor.accept("}")) {
    spanset.filter = {.constant = {.type = Type::kBool, .integer = 1}};
    return spanset;
  }
  auto filter = parse_expression(cursor);
  if (!filter) return std::unexpected(filter.error());
  spanset.filter = *std::move(filter);
  auto done =
      in_order([&] { return cursor.expect("}"); }, [&] { return check_filter(spanset.filter); });
  if (!done) return std::unexpected(done.error());
  return spanset;
}

}  // namespace clew::query::traceql
