#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>

#include <algorithm>
#include <array>

#include "base/duration.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "base/time_text.h"
#include "query/expression_node.h"

namespace clew::query {
namespace {

using store::Comparison;
using Node = SpanPredicate::Node;

struct FieldName {
  std::string_view level, name;
  Field field;
  FieldType type;
};

constexpr std::array kFields = {
    FieldName{"span", "traceID", Field::kTraceId, FieldType::kTraceId},
    FieldName{"span", "spanID", Field::kSpanId, FieldType::kSpanId},
    FieldName{"span", "parentSpanID", Field::kParentSpanId, FieldType::kSpanId},
    FieldName{"span", "traceState", Field::kTraceState, FieldType::kText},
    FieldName{"span", "name", Field::kName, FieldType::kText},
    FieldName{"span", "kind", Field::kKind, FieldType::kKind},
    FieldName{"span", "startTime", Field::kStartTime, FieldType::kTime},
    FieldName{"span", "endTime", Field::kEndTime, FieldType::kTime},
    FieldName{"span", "status", Field::kStatus, FieldType::kStatus},
    FieldName{"span", "statusMessage", Field::kStatusMessage, FieldType::kText},
    FieldName{"span", "duration", Field::kDuration, FieldType::kDuration},
    FieldName{"resource", "service", Field::kService, FieldType::kText},
    FieldName{"resource", "schemaURL", Field::kResourceSchemaUrl, FieldType::kText},
    FieldName{"scope", "name", Field::kScopeName, FieldType::kText},
    FieldName{"scope", "version", Field::kScopeVersion, FieldType::kText},
    FieldName{"scope", "schemaURL", Field::kScopeSchemaUrl, FieldType::kText},
    FieldName{"event", "name", Field::kEventName, FieldType::kText},
    FieldName{"event", "time", Field::kEventTime, FieldType::kTime},
    FieldName{"event", "timeSinceStart", Field::kEventTimeSinceStart, FieldType::kDuration},
    FieldName{"link", "traceID", Field::kLinkTraceId, FieldType::kTraceId},
    FieldName{"link", "spanID", Field::kLinkSpanId, FieldType::kSpanId},
    FieldName{"link", "traceState", Field::kLinkTraceState, FieldType::kText},
};

Result<Level> level_named(std::string_view name) {
  constexpr std::array<std::string_view, 6> kNames = {"",      "span",  "resource",
                                                      "scope", "event", "link"};
  auto at = std::ranges::find(kNames, name);
  if (at == kNames.end())
    return fail(Code::kInvalid, "unknown level \"{}\": use span, resource, scope, event or link",
                name);
  return static_cast<Level>(at - kNames.begin());
}

bool is_reference(const Expression& expression) {
  return std::holds_alternative<AttributeReference>(expression.term) ||
         std::holds_alternative<FieldReference>(expression.term);
}

/// A comparison by its name; nullopt for other operators.
std::optional<Comparison> comparison_named(std::string_view op) {
  if (op == "eq" || op == "ne") return Comparison::kEqual;
  if (op == "gt") return Comparison::kGreater;
  if (op == "gte") return Comparison::kGreaterEqual;
  if (op == "lt") return Comparison::kLess;
  if (op == "lte") return Comparison::kLessEqual;
  return std::nullopt;
}

Comparison mirrored(Comparison comparison) {
  switch (comparison) {
    case Comparison::kGreater:
      return Comparison::kLess;
    case Comparison::kGreaterEqual:
      return Comparison::kLessEqual;
    case Comparison::kLess:
      return Comparison::kGreater;
    case Comparison::kLessEqual:
      return Comparison::kGreaterEqual;
    default:
      return comparison;
  }
}

using Operand = decltype(store::Condition::operand);

/// A constant as its type says; one without a type stays text.
Result<Operand> typed(const std::string& value, std::string_view type) {
  if (type == "bool") {
    if (value == "true") return true;
    if (value == "false") return false;
  } else if (type == "int") {
    if (int64_t number; absl::SimpleAtoi(value, &number)) return number;
  } else if (type == "double") {
    if (double number; absl::SimpleAtod(value, &number)) return number;
  } else if (type.empty() || type == "string") {
    return value;
  } else {
    return fail(Code::kInvalid, "unknown type \"{}\": use string, int, double or bool", type);
  }
  return fail(Code::kInvalid, "\"{}\" is no {}", value, type);
}

std::optional<otlp::ValueType> value_type(std::string_view type) {
  if (type == "string") return otlp::ValueType::kString;
  if (type == "int") return otlp::ValueType::kInt;
  if (type == "double") return otlp::ValueType::kDouble;
  if (type == "bool") return otlp::ValueType::kBool;
  return std::nullopt;
}

/// Compiles calls, counting the nodes.
class Compiler {
 public:
  Result<Node> call(const Call& call, int depth) {
    if (++nodes_ > kMostFilterNodes || depth > limits::kValueDepth) {
      metrics::count_limit_hit("filter_nodes");
      return fail(Code::kInvalid,
                  "the filter has more than {} parts, or is nested more than {} deep",
                  kMostFilterNodes, limits::kValueDepth);
    }
    if (call.op == "and") return combination(Node::Op::kAnd, call, 2, depth);
    if (call.op == "or") return combination(Node::Op::kOr, call, 2, depth);
    if (call.op == "not") return combination(Node::Op::kNot, call, 1, depth);
    if (call.op == "some") return some(call, depth);
    if (call.op == "exists") return exists(call);
    if (auto comparison = comparison_named(call.op)) return compare(call, *comparison);
    if (call.op == "regex") return compare(call, Comparison::kMatches);
    if (call.op == "in" || call.op == "not_in") return membership(call);
    return fail(Code::kInvalid, "operator \"{}\" is not supported", call.op);
  }

 private:
  Result<Node> combination(Node::Op op, const Call& call, size_t least, int depth) {
    if (call.args.size() < least || (op == Node::Op::kNot && call.args.size() != 1))
      return fail(Code::kInvalid, "{} takes {}", call.op,
                  op == Node::Op::kNot ? "one argument" : "two arguments or more");
    Node node{.op = op};
    for (const Expression& arg : call.args) {
      const Call* inner = std::get_if<Call>(&arg.term);
      if (!inner) return fail(Code::kInvalid, "{}: an argument is no call", call.op);
      auto child = this->call(*inner, depth + 1);
      if (!child) return child;
      node.children.push_back(*std::move(child));
    }
    return node;
  }

  Result<Node> some(const Call& call, int depth) {
    const auto* nested =
        call.args.size() == 2 ? std::get_if<NestedReference>(&call.args[0].term) : nullptr;
    const auto* inner = nested ? std::get_if<Call>(&call.args[1].term) : nullptr;
    if (!inner) return fail(Code::kInvalid, "some takes a nested reference and a call");
    if (nested->level != "event" && nested->level != "link")
      return fail(Code::kInvalid, "some: level \"{}\" has no elements, use event or link",
                  nested->level);
    auto child = this->call(*inner, depth + 1);
    if (!child) return child;
    Node node{.op = Node::Op::kSome, .level = *level_named(nested->level)};
    node.children.push_back(*std::move(child));
    return node;
  }

  Result<Node> exists(const Call& call) {
    if (call.args.size() != 1 || !is_reference(call.args[0]))
      return fail(Code::kInvalid, "exists takes one attr or field");
    Node node{.op = Node::Op::kExists};
    if (auto named = refer(call.args[0], node); !named) return std::unexpected(named.error());
    return node;
  }

  Result<Node> compare(const Call& call, Comparison comparison) {
    if (call.args.size() != 2) return fail(Code::kInvalid, "{} takes two arguments", call.op);
    const Expression *left = &call.args[0], *right = &call.args[1];
    if (!is_reference(*left) && is_reference(*right) && comparison != Comparison::kMatches) {
      std::swap(left, right);
      comparison = mirrored(comparison);
    }
    const auto* constant = std::get_if<Scalar>(&right->term);
    if (!is_reference(*left) || !constant)
      return fail(Code::kInvalid, "{}: only an attr or field compared with a scalar is supported",
                  call.op);
    Node node{.op = call.op == "ne" ? Node::Op::kNoneOf : Node::Op::kAnyOf};
    auto made = in_order([&] { return refer(*left, node); },
                         [&] { return add_test(call.op, *constant, comparison, node); });
    if (!made) return std::unexpected(made.error());
    return node;
  }

  Result<Node> membership(const Call& call) {
    const auto* list = call.args.size() == 2 && is_reference(call.args[0])
                           ? std::get_if<List>(&call.args[1].term)
                           : nullptr;
    if (!list || list->values.empty())
      return fail(Code::kInvalid, "{} takes an attr or field and a list that is not empty",
                  call.op);
    Node node{.op = call.op == "in" ? Node::Op::kAnyOf : Node::Op::kNoneOf};
    if (auto named = refer(call.args[0], node); !named) return std::unexpected(named.error());
    for (const std::string& value : list->values) {
      if (++nodes_ > kMostFilterNodes)
        return fail(Code::kInvalid, "the filter has more than {} parts", kMostFilterNodes);
      auto added = add_test(call.op, {value, list->type}, Comparison::kEqual, node);
      if (!added) return std::unexpected(added.error());
    }
    return node;
  }

  static Result<void> refer(const Expression& expression, Node& node) {
    if (const auto* attribute = std::get_if<AttributeReference>(&expression.term)) {
      auto level = level_named(attribute->level);
      if (!level) return std::unexpected(level.error());
      if (attribute->key.empty()) return fail(Code::kInvalid, "an attr has no key");
      node.level = *level;
      node.key = attribute->key;
      return {};
    }
    const auto& named = std::get<FieldReference>(expression.term);
    for (const FieldName& field : kFields) {
      if (field.level != named.level || field.name != named.name) continue;
      node.level = *level_named(named.level);
      node.field = field.field;
      return {};
    }
    return fail(Code::kInvalid, "level \"{}\" has no field \"{}\"", named.level, named.name);
  }

  static FieldType type_of(Field field) {
    return std::ranges::find(kFields, field, &FieldName::field)->type;
  }

  static Result<void> add_test(std::string_view op, const Scalar& constant, Comparison comparison,
                               Node& node) {
    bool single = node.tests.empty();
    auto test = node.field ? field_test(type_of(*node.field), constant, comparison, node)
                           : attribute_test(constant, comparison, node);
    if (!test) return fail(Code::kInvalid, "{}: {}", op, test.error().message);
    node.tests.push_back(*std::move(test));
    if (single) return {};
    node.condition.reset();  // of several constants none is the condition
    node.text.reset();
    return {};
  }

  static Result<ConstantTest> attribute_test(const Scalar& constant, Comparison comparison,
                                             Node& node) {
    auto operand = typed(constant.value, constant.type);
    if (!operand) return std::unexpected(operand.error());
    ConstantTest test{.only_type = value_type(constant.type)};
    bool ordered = comparison != Comparison::kEqual && comparison != Comparison::kMatches;
    if (constant.type.empty() && comparison == Comparison::kEqual) {
      test.value = store::ValueTest::text_equals(constant.value);
      node.text = constant.value;
      return test;
    }
    double number = 0;
    if (constant.type.empty() && ordered && absl::SimpleAtod(constant.value, &number))
      *operand = number;
    return compiled({{}, {}, comparison, *operand}, std::move(test), node);
  }

  static Result<ConstantTest> compiled(store::Condition condition, ConstantTest test, Node& node) {
    if (condition.comparison == Comparison::kMatches) {
      const auto* pattern = std::get_if<std::string>(&condition.operand);
      if (!pattern) return fail(Code::kInvalid, "a regular expression is a string");
      condition.operand = fmt::format(".*(?:{}).*", *pattern);
    }
    auto value = store::ValueTest::compile(condition);
    if (!value) return std::unexpected(value.error());
    test.value = *std::move(value);
    node.condition = std::move(condition);
    return test;
  }

  static Result<ConstantTest> field_test(FieldType type, const Scalar& constant,
                                         Comparison comparison, Node& node) {
    bool numeric = type == FieldType::kDuration || type == FieldType::kTime;
    if (numeric && comparison == Comparison::kMatches)
      return fail(Code::kInvalid, "a time or duration is no text");
    if (!constant.type.empty() && (numeric || constant.type != "string"))
      return fail(Code::kInvalid, "the field does not hold values of type \"{}\"", constant.type);
    if (numeric) {
      auto number =
          type == FieldType::kTime ? parse_rfc3339(constant.value) : parse_duration(constant.value);
      if (!number) return std::unexpected(number.error());
      return ConstantTest{.comparison = comparison, .number = *number};
    }
    std::string text = constant.value;
    bool ordered = comparison != Comparison::kEqual && comparison != Comparison::kMatches;
    if (type != FieldType::kText && ordered) return fail(Code::kInvalid, "the field has no order");
    if (comparison == Comparison::kEqual)
      if (auto word = canonical(type, text); !word) return std::unexpected(word.error());
    return compiled({{}, {}, comparison, text}, {}, node);
  }

  /// Writes IDs and words as they are compared.
  static Result<void> canonical(FieldType type, std::string& text) {
    if (type == FieldType::kTraceId || type == FieldType::kSpanId) {
      auto trace = TraceId::from_hex(text);
      auto span = SpanId::from_hex(text);
      if (type == FieldType::kTraceId ? !trace : !span)
        return fail(Code::kInvalid, "\"{}\" is no ID in hex", text);
      text = type == FieldType::kTraceId ? trace->hex() : span->hex();
    }
    if (type == FieldType::kKind || type == FieldType::kStatus) absl::AsciiStrToLower(&text);
    constexpr std::array<std::string_view, 5> kKinds = {"internal", "server", "client", "producer",
                                                        "consumer"};
    constexpr std::array<std::string_view, 3> kStatuses = {"unset", "ok", "error"};
    if (type == FieldType::kKind && std::ranges::count(kKinds, text) == 0)
      return fail(Code::kInvalid, "\"{}\" is no span kind", text);
    if (type == FieldType::kStatus && std::ranges::count(kStatuses, text) == 0)
      return fail(Code::kInvalid, "\"{}\" is no status: use unset, ok or error", text);
    return {};
  }

  size_t nodes_ = 0;
};

}  // namespace

Result<SpanPredicate> SpanPredicate::compile(const Call& call) {
  auto root = Compiler().call(call, 1);
  if (!root) return std::unexpected(root.error());
  return SpanPredicate(std::make_shared<const Node>(*std::move(root)));
}

}  // namespace clew::query
