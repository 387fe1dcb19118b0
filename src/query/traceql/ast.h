// A TraceQL query as it was written: what the parser makes and everything else reads.
#pragma once

#include <re2/re2.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace clew::query::traceql {

/// What a value is. kAttribute is known only when a span is looked at; kOther is what TraceQL has
/// no operators for (maps, bytes).
enum class Type : uint8_t {
  kNil,
  kInt,
  kFloat,
  kDuration,
  kString,
  kBool,
  kStatus,
  kKind,
  kList,
  kOther,
  kAttribute,
};

/// A value that owns its text. Durations, statuses (otlp::StatusCode) and kinds (otlp::SpanKind)
/// are in `integer`, bools as 0 and 1.
struct Literal {
  Type type = Type::kNil;
  int64_t integer = 0;
  double real = 0;
  std::string text = {};

  auto operator<=>(const Literal&) const = default;
};

enum class Scope : uint8_t { kAny, kSpan, kResource, kEvent, kLink, kInstrumentation };

/// "span", "resource", …, as queries write them; "intrinsic" for kAny: what no scope has.
std::string_view name_of(Scope scope);

/// What the data model defines itself.
enum class Intrinsic : uint8_t {
  kNone,
  kName,
  kDuration,
  kStatus,
  kStatusMessage,
  kKind,
  kSpanId,
  kParentId,
  kChildCount,
  kTraceDuration,
  kRootName,
  kRootService,
  kTraceId,
  kEventName,
  kEventTimeSinceStart,
  kLinkSpanId,
  kLinkTraceId,
  kInstrumentationName,
  kInstrumentationVersion,
  kNestedSetLeft,
  kNestedSetRight,
  kNestedSetParent,
};

/// An attribute or an intrinsic.
struct Field {
  Scope scope = Scope::kAny;
  Intrinsic intrinsic = Intrinsic::kNone;
  std::string key = {};       // of an attribute
  std::string spelling = {};  // as in the query
};

/// How answers and labels call it: the spelling, but intrinsics by their short word (`span:name` is
/// `name`), as Tempo does.
std::string label_of(const Field& field);

enum class Op : uint8_t {
  kConstant,
  kField,
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kPow,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kMatches,
  kNotMatches,
  kAnd,
  kOr,
  kNegate,
  kNot,
  kExists,  // `x != nil`
  kAbsent,  // `x = nil`
};

/// An expression over one span. Columns are of characters, from 1.
struct Expression {
  Op op = Op::kConstant;
  size_t column = 1;  // where it begins, without parentheses around it
  size_t begin = 1;   // with them
  Literal constant = {};
  Field field = {};
  std::shared_ptr<const re2::RE2> pattern = {};  // of kMatches and kNotMatches, the right side
  std::vector<Expression> args = {};
};

enum class AggregateOp : uint8_t { kCount, kMin, kMax, kAvg, kSum };

struct Aggregate {
  AggregateOp op;
  std::optional<Expression> argument;  // absent for kCount
};

/// `count() * 2`: numbers and aggregates of one spanset.
struct Scalar {
  Op op = Op::kConstant;  // or arithmetic, or kField for an aggregate
  size_t column = 1;
  Literal constant = {};
  std::optional<Aggregate> aggregate = {};
  std::vector<Scalar> args = {};
};

struct Stage;
/// Stages one behind the other, each on what the one before left.
using Pipeline = std::vector<Stage>;

enum class SpansetOp : uint8_t {
  kFilter,    // `{ … }`
  kPipeline,  // `( … | … )`
  kAnd,
  kOr,
  kChild,
  kDescendant,
  kParent,
  kAncestor,
  kSibling,
};
/// Of a structural operator: `>`, `!>` or `&>`.
enum class Relation : uint8_t { kPlain, kNegated, kUnion };

/// What gives spans of a trace.
struct Spanset {
  SpansetOp op = SpansetOp::kFilter;
  Relation relation = Relation::kPlain;
  Expression filter = {};
  std::vector<Spanset> args = {};
  std::shared_ptr<const Pipeline> pipeline = {};
};

/// `count() > 2`.
struct ScalarFilter {
  Op comparison;
  Scalar left, right;
};
struct GroupBy {
  Expression expression;
  std::string spelling;  // of the expression
};
struct Coalesce {};
struct Select {
  std::vector<Field> fields;
};
struct Stage {
  std::variant<Spanset, ScalarFilter, GroupBy, Coalesce, Select> what;
};

enum class MetricOp : uint8_t {
  kRate,
  kCount,
  kMin,
  kMax,
  kAvg,
  kSum,
  kQuantile,
  kHistogram,
  kCompare,
};

/// What makes series of spans.
struct MetricFunction {
  MetricOp op;
  Field field = {};
  std::vector<double> quantiles = {};
  std::vector<Field> by = {};
  // Of compare:
  Spanset selection = {};
  int64_t most_values = 10;
  std::optional<int64_t> start = {}, end = {};  // nanoseconds
};

/// What is done to series: `topk(5)`, `> 3`.
struct TopK {
  bool largest;
  int64_t count;
};
struct Threshold {
  Op comparison;
  double value;
};
using SecondStage = std::variant<TopK, Threshold>;

/// A pipeline with its function, or two of them and the arithmetic between.
struct Metrics {
  Op op = Op::kConstant;  // kAdd, kSub, kMul or kDiv of `args`; else a function of `spans`
  Pipeline spans = {};
  std::optional<MetricFunction> function = {};
  std::vector<Metrics> args = {};
  std::vector<SecondStage> then = {};
};

struct Hint {
  std::string name;
  Literal value;
};

struct Query {
  std::variant<Pipeline, Metrics> what;
  std::vector<Hint> hints;
};

/// The hint of that name; nullptr if there is none.
const Literal* find_hint(const Query& query, std::string_view name);

}  // namespace clew::query::traceql
