#include "query/traceql/parse.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "query/traceql/parse_expression.h"
#include "query/traceql/parse_stage.h"

namespace clew::query::traceql {
namespace {

struct Structural {
  std::string_view symbol;
  SpansetOp op;
  Relation relation = Relation::kPlain;
};
constexpr std::array<Structural, 17> kStructural = {{
    {"&&", SpansetOp::kAnd},
    {"||", SpansetOp::kOr},
    {">", SpansetOp::kChild},
    {">>", SpansetOp::kDescendant},
    {"<", SpansetOp::kParent},
    {"<<", SpansetOp::kAncestor},
    {"~", SpansetOp::kSibling},
    {"!>", SpansetOp::kChild, Relation::kNegated},
    {"!>>", SpansetOp::kDescendant, Relation::kNegated},
    {"!<", SpansetOp::kParent, Relation::kNegated},
    {"!<<", SpansetOp::kAncestor, Relation::kNegated},
    {"!~", SpansetOp::kSibling, Relation::kNegated},
    {"&>", SpansetOp::kChild, Relation::kUnion},
    {"&>>", SpansetOp::kDescendant, Relation::kUnion},
    {"&<", SpansetOp::kParent, Relation::kUnion},
    {"&<<", SpansetOp::kAncestor, Relation::kUnion},
    {"&~", SpansetOp::kSibling, Relation::kUnion},
}};

enum Level : int { kLogic = 1, kRelation = 2 };

int level_of(const Structural& structural) {
  return structural.op == SpansetOp::kAnd || structural.op == SpansetOp::kOr ? kLogic : kRelation;
}

constexpr size_t kDeepest = 100;  // parentheses in each other

class Parser {
 public:
  explicit Parser(Cursor cursor) : cursor_(std::move(cursor)) {}

  Result<Query> run() {
    auto whole = part({.pipes = true, .metrics = true});
    if (!whole) return std::unexpected(whole.error());
    Query query;
    if (whole->metrics)
      query.what = *std::move(whole->metrics);
    else
      query.what = std::move(whole->pipeline);
    if (cursor_.at_word("with"))
      if (auto read = hints(query); !read) return std::unexpected(read.error());
    if (cursor_.peek().kind != Token::Kind::kEnd)
      return cursor_.unexpected("an operator, | or the query's end");
    return query;
  }

 private:
  /// What may stand in a part of the query.
  struct Allowed {
    bool pipes;
    bool metrics;
  };
  /// The whole query, or what stands in parentheses.
  struct Part {
    std::optional<Metrics> metrics = {};
    Pipeline pipeline = {};
    bool is_piped = false;  // something other than one spanset without a pipeline in it
  };
  /// What the operands of one chain are: a pipeline in parentheses goes only with others in
  /// parentheses.
  struct Chain {
    Allowed allowed;
    bool has_filter = false;    // without parentheses
    bool has_pipeline = false;  // in parentheses
  };

  Result<Part> part(Allowed allowed) {
    if (++depth_ > kDeepest)
      return fail_at(cursor_.peek().column,
                     fmt::format("more than {} parentheses within each other", kDeepest));
    auto read = part_inside(allowed);
    --depth_;
    return read;
  }

  Result<Part> part_inside(Allowed allowed) {
    if (allowed.pipes && at_stage(cursor_, true)) return piped({}, allowed);
    Chain chain{.allowed = allowed};
    std::optional<Metrics> metrics;
    auto first = operand(chain, allowed.metrics ? &metrics : nullptr);
    if (!first) return std::unexpected(first.error());
    if (metrics) {
      auto sum = arithmetic(*std::move(metrics), 1);
      if (!sum) return std::unexpected(sum.error());
      return Part{.metrics = *std::move(sum), .is_piped = true};
    }
    auto spanset = joined(chain, *std::move(first), kLogic);
    if (!spanset) return std::unexpected(spanset.error());
    Pipeline pipeline;
    pipeline.push_back({*std::move(spanset)});
    bool goes_on = cursor_.at_symbol("|") && allowed.pipes && !chain.has_pipeline;
    if (goes_on) return piped(std::move(pipeline), allowed);
    return Part{.pipeline = std::move(pipeline), .is_piped = chain.has_pipeline};
  }

  Result<Spanset> operand(Chain& chain, std::optional<Metrics>* metrics) {
    if (auto counted = cursor_.count_node(); !counted) return std::unexpected(counted.error());
    if (cursor_.at_symbol("{") && !chain.has_pipeline) {
      chain.has_filter = true;
      return parse_filter(cursor_);
    }
    if (!cursor_.accept("("))
      return cursor_.unexpected(chain.has_pipeline ? "( like the other side" : "{ or (");
    bool pipes = chain.allowed.pipes && !chain.has_filter;
    auto inner = part({.pipes = pipes, .metrics = metrics != nullptr});
    if (!inner) return std::unexpected(inner.error());
    if (auto closed = cursor_.expect(")"); !closed) return std::unexpected(closed.error());
    if (inner->metrics) {
      *metrics = *std::move(inner->metrics);
      return Spanset{};
    }
    if (!inner->is_piped) return std::get<Spanset>(std::move(inner->pipeline[0].what));
    chain.has_pipeline = true;
    return Spanset{.op = SpansetOp::kPipeline,
                   .pipeline = std::make_shared<const Pipeline>(std::move(inner->pipeline))};
  }

  const Structural* structural_at() const {
    for (const Structural& structural : kStructural)
      if (cursor_.at_symbol(structural.symbol)) return &structural;
    return nullptr;
  }

  /// Reads the operators of at least this level behind `left`; all are from the left.
  Result<Spanset> joined(Chain& chain, Spanset left, int level) {
    while (const Structural* structural = structural_at()) {
      int own = level_of(*structural);
      if (own < level) break;
      cursor_.next();
      auto right = operand(chain, nullptr);
      if (!right) return right;
      if (own == kLogic) {
        right = joined(chain, *std::move(right), kRelation);
        if (!right) return right;
      }
      Spanset both{.op = structural->op, .relation = structural->relation};
      both.args.push_back(std::move(left));
      both.args.push_back(*std::move(right));
      left = std::move(both);
    }
    return left;
  }

  /// The stages: behind `pipeline`, or from the first on.
  Result<Part> piped(Pipeline pipeline, Allowed allowed) {
    bool first = pipeline.empty();
    while (first || cursor_.accept("|")) {
      if (!first && allowed.metrics && at_metric_function(cursor_))
        return measured(std::move(pipeline));
      if (at_stage(cursor_, first)) {
        auto stage = parse_stage(cursor_);
        if (!stage) return std::unexpected(stage.error());
        pipeline.push_back(*std::move(stage));
      } else {
        Chain chain{.allowed = {.pipes = false, .metrics = false}};
        auto spanset = operand(chain, nullptr);
        if (spanset) spanset = joined(chain, *std::move(spanset), kLogic);
        if (!spanset) return std::unexpected(spanset.error());
        pipeline.push_back({*std::move(spanset)});
      }
      first = false;
    }
    return Part{.pipeline = std::move(pipeline), .is_piped = true};
  }

  Result<Part> measured(Pipeline spans) {
    size_t column = cursor_.peek().column;
    auto function = parse_metric_function(cursor_);
    if (!function) return std::unexpected(function.error());
    auto stages = parse_second_stages(cursor_);
    if (!stages) return std::unexpected(stages.error());
    if (function->op == MetricOp::kCompare && !stages->empty())
      return fail_at(column, "nothing may stand behind compare()");
    return Part{.metrics = Metrics{.spans = std::move(spans),
                                   .function = *std::move(function),
                                   .then = *std::move(stages)},
                .is_piped = true};
  }

  struct Arithmetic {
    Op op;
    int level;
  };
  std::optional<Arithmetic> arithmetic_at() const {
    if (cursor_.at_symbol("+")) return Arithmetic{Op::kAdd, 1};
    if (cursor_.at_symbol("-")) return Arithmetic{Op::kSub, 1};
    if (cursor_.at_symbol("*")) return Arithmetic{Op::kMul, 2};
    if (cursor_.at_symbol("/")) return Arithmetic{Op::kDiv, 2};
    return std::nullopt;
  }

  Result<Metrics> arithmetic(Metrics left, int level) {
    while (auto found = arithmetic_at()) {
      if (found->level < level) break;
      cursor_.next();
      auto right = metrics_operand();
      if (!right) return right;
      if (found->level == 1) {
        right = arithmetic(*std::move(right), 2);
        if (!right) return right;
      }
      Metrics both{.op = found->op};
      both.args.push_back(std::move(left));
      both.args.push_back(*std::move(right));
      left = std::move(both);
    }
    if (level > 1) return left;
    auto stages = parse_second_stages(cursor_);
    if (!stages) return std::unexpected(stages.error());
    std::ranges::move(*stages, std::back_inserter(left.then));
    return left;
  }

  Result<Metrics> metrics_operand() {
    if (auto opened = cursor_.expect("("); !opened) return std::unexpected(opened.error());
    auto inner = part({.pipes = true, .metrics = true});
    if (!inner) return std::unexpected(inner.error());
    if (!inner->metrics) return cursor_.unexpected("| and a function of metrics");
    if (auto closed = cursor_.expect(")"); !closed) return std::unexpected(closed.error());
    return *std::move(inner->metrics);
  }

  Result<void> hints(Query& query) {
    cursor_.next();
    if (auto opened = cursor_.expect("("); !opened) return opened;
    do {
      if (auto counted = cursor_.count_node(); !counted) return counted;
      if (cursor_.peek().kind != Token::Kind::kWord) return cursor_.unexpected("a hint's name");
      Hint hint{.name = std::string(cursor_.next().text), .value = {}};
      if (auto equal = cursor_.expect("="); !equal) return equal;
      auto value = hint_value();
      if (!value) return std::unexpected(value.error());
      hint.value = *std::move(value);
      query.hints.push_back(std::move(hint));
    } while (cursor_.accept(","));
    return cursor_.expect(")");
  }

  Result<Literal> hint_value() {
    bool yes = cursor_.at_word("true");
    if (yes || cursor_.at_word("false")) {
      cursor_.next();
      return Literal{.type = Type::kBool, .integer = yes ? 1 : 0};
    }
    if (cursor_.peek().kind == Token::Kind::kLiteral) return cursor_.next().literal;
    return parse_number(cursor_);
  }

  Cursor cursor_;
  size_t depth_ = 0;
};

}  // namespace

std::string_view name_of(Scope scope) {
  switch (scope) {
    case Scope::kAny:
      return "intrinsic";
    case Scope::kSpan:
      return "span";
    case Scope::kResource:
      return "resource";
    case Scope::kEvent:
      return "event";
    case Scope::kLink:
      return "link";
    case Scope::kInstrumentation:
      return "instrumentation";
  }
  return "intrinsic";
}

const Literal* find_hint(const Query& query, std::string_view name) {
  for (const Hint& hint : query.hints)
    if (hint.name == name) return &hint.value;
  return nullptr;
}

Result<Query> parse(std::string_view text) {
  auto tokens = tokenize(text);
  if (!tokens) return std::unexpected(tokens.error());
  return Parser(Cursor(text, *std::move(tokens))).run();
}

}  // namespace clew::query::traceql
