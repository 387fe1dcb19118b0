#include "query/traceql/parse_expression.h"

#include <array>
#include <optional>

#include "otlp/span.h"

namespace clew::query::traceql {
namespace {

/// From loose to tight, as Tempo's grammar has them: && and || are of one level, and a unary minus
/// binds like a binary one.
enum Level : int { kLogic = 1, kComparison, kSum, kUnaryNot, kProduct, kPower };

struct Binary {
  std::string_view symbol;
  Op op;
  Level level;
};
constexpr std::array<Binary, 16> kBinary = {{
    {"&&", Op::kAnd, kLogic},
    {"||", Op::kOr, kLogic},
    {"=", Op::kEqual, kComparison},
    {"!=", Op::kNotEqual, kComparison},
    {"<", Op::kLess, kComparison},
    {"<=", Op::kLessEqual, kComparison},
    {">", Op::kGreater, kComparison},
    {">=", Op::kGreaterEqual, kComparison},
    {"=~", Op::kMatches, kComparison},
    {"!~", Op::kNotMatches, kComparison},
    {"+", Op::kAdd, kSum},
    {"-", Op::kSub, kSum},
    {"*", Op::kMul, kProduct},
    {"/", Op::kDiv, kProduct},
    {"%", Op::kMod, kProduct},
    {"^", Op::kPow, kPower},
}};

struct Word {
  std::string_view word;
  Type type;
  int64_t value;
};
constexpr auto kUnset = static_cast<int64_t>(otlp::StatusCode::kUnset);
constexpr std::array<Word, 11> kWords = {{
    {"true", Type::kBool, 1},
    {"false", Type::kBool, 0},
    {"error", Type::kStatus, static_cast<int64_t>(otlp::StatusCode::kError)},
    {"ok", Type::kStatus, static_cast<int64_t>(otlp::StatusCode::kOk)},
    {"unset", Type::kStatus, kUnset},
    {"unspecified", Type::kKind, static_cast<int64_t>(otlp::SpanKind::kUnspecified)},
    {"internal", Type::kKind, static_cast<int64_t>(otlp::SpanKind::kInternal)},
    {"server", Type::kKind, static_cast<int64_t>(otlp::SpanKind::kServer)},
    {"client", Type::kKind, static_cast<int64_t>(otlp::SpanKind::kClient)},
    {"producer", Type::kKind, static_cast<int64_t>(otlp::SpanKind::kProducer)},
    {"consumer", Type::kKind, static_cast<int64_t>(otlp::SpanKind::kConsumer)},
}};

const Binary* binary_at(const Cursor& cursor) {
  for (const Binary& binary : kBinary)
    if (cursor.at_symbol(binary.symbol)) return &binary;
  return nullptr;
}

/// By precedence climbing.
class Parser {
 public:
  explicit Parser(Cursor& cursor) : cursor_(cursor) {}

  /// Reads operators of at least this level.
  Result<Expression> at_least(int level) {
    auto left = operand();
    while (left) {
      const Binary* binary = binary_at(cursor_);
      if (!binary || binary->level < level) return left;
      cursor_.next();
      left = binary->level == kComparison && cursor_.at_word("nil")
                 ? compared_with_nil(*std::move(left), binary->op)
                 : joined(*std::move(left), *binary);
    }
    return left;
  }

 private:
  Result<Expression> joined(Expression left, const Binary& binary) {
    if (auto counted = cursor_.count_node(); !counted) return std::unexpected(counted.error());
    auto right = at_least(binary.level == kPower ? kPower : binary.level + 1);
    if (!right) return right;
    Expression both{.op = binary.op, .column = left.begin, .begin = left.begin};
    both.args.push_back(std::move(left));
    both.args.push_back(*std::move(right));
    return both;
  }

  Result<Expression> compared_with_nil(Expression left, Op op) {
    if (op != Op::kEqual && op != Op::kNotEqual)
      return cursor_.unexpected("something to compare with (nil only goes with = and !=)");
    cursor_.next();
    size_t column = left.begin;
    return presence(op, column, std::move(left));
  }

  static Expression presence(Op op, size_t column, Expression of) {
    Expression made{
        .op = op == Op::kEqual ? Op::kAbsent : Op::kExists, .column = column, .begin = column};
    made.args.push_back(std::move(of));
    return made;
  }

  Result<Expression> operand() {
    if (auto counted = cursor_.count_node(); !counted) return std::unexpected(counted.error());
    const Token& token = cursor_.peek();
    if (token.kind == Token::Kind::kLiteral) {
      return Expression{
          .column = token.column, .begin = token.column, .constant = cursor_.next().literal};
    }
    if (token.kind == Token::Kind::kField) return field(cursor_.next().field, token.column);
    if (token.kind == Token::Kind::kParent || cursor_.at_word("parent"))
      return fail_at(token.column, "parent. is not supported: use { … } > { … }");
    if (token.kind == Token::Kind::kWord) return word();
    if (cursor_.at_symbol("-")) return unary(Op::kNegate, kUnaryNot);
    if (cursor_.at_symbol("!")) return unary(Op::kNot, kProduct);
    if (cursor_.at_symbol("(")) return enclosed();
    return cursor_.unexpected("an attribute, a value or an intrinsic");
  }

  static Expression field(Field field, size_t column) {
    return {.op = Op::kField, .column = column, .begin = column, .field = std::move(field)};
  }

  Result<Expression> enclosed() {
    size_t begin = cursor_.next().column;
    auto inner = at_least(kLogic);
    if (!inner) return inner;
    if (auto closed = cursor_.expect(")"); !closed) return std::unexpected(closed.error());
    inner->begin = begin;
    return inner;
  }

  Result<Expression> unary(Op op, int level) {
    size_t column = cursor_.next().column;
    auto inner = at_least(level);
    if (!inner) return inner;
    Expression made{.op = op, .column = column, .begin = column};
    made.args.push_back(*std::move(inner));
    return made;
  }

  Result<Expression> word() {
    size_t column = cursor_.peek().column;
    std::string_view text = cursor_.peek().text;
    if (text == "nil") return nil_first();
    for (const Word& known : kWords) {
      if (known.word != text) continue;
      cursor_.next();
      return Expression{.column = column,
                        .begin = column,
                        .constant = {.type = known.type, .integer = known.value}};
    }
    auto named = parse_field(cursor_);
    if (!named) return std::unexpected(named.error());
    return field(*std::move(named), column);
  }

  Result<Expression> nil_first() {
    size_t column = cursor_.next().column;
    Op op = comparison_at(cursor_);
    if (op != Op::kEqual && op != Op::kNotEqual) return cursor_.unexpected("= or != behind nil");
    cursor_.next();
    if (cursor_.at_word("nil")) {
      cursor_.next();
      return presence(op, column, {.column = column, .begin = column, .constant = {}});
    }
    auto of = at_least(kSum);
    if (!of) return of;
    return presence(op, column, *std::move(of));
  }

  Cursor& cursor_;
};

}  // namespace

Op comparison_at(const Cursor& cursor) {
  const Binary* binary = binary_at(cursor);
  return binary && binary->level == kComparison ? binary->op : Op::kConstant;
}

Result<Expression> parse_expression(Cursor& cursor) {
  return Parser(cursor).at_least(kLogic);
}

Result<Field> parse_field(Cursor& cursor) {
  const Token& token = cursor.peek();
  if (token.kind == Token::Kind::kField) return cursor.next().field;
  if (token.kind == Token::Kind::kParent)
    return fail_at(token.column, "parent. is not supported: use { … } > { … }");
  if (token.kind != Token::Kind::kWord) return cursor.unexpected("an attribute or an intrinsic");
  Intrinsic intrinsic = intrinsic_named(token.text);
  if (intrinsic == Intrinsic::kNone) {
    return fail_at(
        token.column,
        fmt::format("unknown identifier {0}: write .{0}, span.{0} or resource.{0} for an "
                    "attribute, \"{0}\" for a text",
                    token.text));
  }
  return Field{.intrinsic = intrinsic, .spelling = std::string(cursor.next().text)};
}

Result<Literal> parse_number(Cursor& cursor) {
  bool negative = cursor.accept("-");
  const Token& token = cursor.peek();
  bool number = token.kind == Token::Kind::kLiteral && token.literal.type != Type::kString;
  if (!number) return cursor.unexpected("a number");
  Literal literal = cursor.next().literal;
  if (negative) {
    // The other way round the smallest integer would not fit.
    literal.integer = static_cast<int64_t>(0 - static_cast<uint64_t>(literal.integer));
    literal.real = -literal.real;
  }
  return literal;
}

}  // namespace clew::query::traceql
