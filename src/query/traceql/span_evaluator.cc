#include "query/traceql/span_evaluator.h"

#include <algorithm>
#include <array>

#include "query/traceql/trace_id_text.h"

namespace clew::query::traceql {
namespace {

Datum text_datum(std::string_view text) {
  return {.type = Type::kString, .text = text};
}

Datum integer_datum(Type type, int64_t value) {
  return {.type = type, .integer = value};
}

Datum duration_datum(uint64_t nanoseconds) {
  return integer_datum(Type::kDuration, static_cast<int64_t>(nanoseconds));
}

Datum bool_datum(bool value) {
  return integer_datum(Type::kBool, value ? 1 : 0);
}

/// Where `.x` is looked for, in this order. Not among links: no index of the store has them, so
/// such a search would read every trace.
constexpr std::array kAnywhere = {Scope::kSpan, Scope::kResource, Scope::kEvent,
                                  Scope::kInstrumentation};

}  // namespace

Datum Datum::of(otlp::Value value) {
  switch (value.type()) {
    case otlp::ValueType::kString:
      return text_datum(value.as_bytes());
    case otlp::ValueType::kBool:
      return bool_datum(value.as_bool());
    case otlp::ValueType::kInt:
      return integer_datum(Type::kInt, value.as_int());
    case otlp::ValueType::kDouble:
      return {.type = Type::kFloat, .real = value.as_double()};
    case otlp::ValueType::kArray:
      return {.type = Type::kList};
    case otlp::ValueType::kEmpty:
    case otlp::ValueType::kMap:
    case otlp::ValueType::kBytes:
      break;
  }
  return {.type = Type::kOther};
}

Literal Datum::literal() const {
  if (type == Type::kList) return elements.empty() ? Literal{} : elements[0].literal();
  return {type, integer, real, std::string(text)};
}

Datum SpanEvaluator::value(const Expression& expression, uint32_t span) {
  texts_.clear();
  lists_.clear();
  return evaluate(expression, span);
}

Datum SpanEvaluator::value(const Field& field, uint32_t span) {
  texts_.clear();
  lists_.clear();
  return find(field, span);
}

Datum SpanEvaluator::evaluate(const Expression& expression, uint32_t span) {
  const auto& args = expression.args;
  switch (expression.op) {
    case Op::kConstant:
      return Datum::of(expression.constant);
    case Op::kField:
      return find(expression.field, span);
    case Op::kAnd:
      return bool_datum(evaluate(args[0], span).is_true() && evaluate(args[1], span).is_true());
    case Op::kOr:
      return bool_datum(evaluate(args[0], span).is_true() || evaluate(args[1], span).is_true());
    case Op::kExists:
    case Op::kAbsent: {
      bool exists = evaluate(args[0], span).type != Type::kNil;
      if (expression.op == Op::kExists) return bool_datum(exists);
      // Not of a constant: `nil = nil` finds nothing in Tempo.
      return bool_datum(!exists && args[0].op != Op::kConstant);
    }
    case Op::kNot: {
      Datum value = evaluate(args[0], span);
      return value.type == Type::kBool ? bool_datum(value.integer == 0) : Datum{};
    }
    case Op::kNegate:
      return calculate(Op::kSub, integer_datum(Type::kInt, 0), evaluate(args[0], span));
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
    case Op::kDiv:
    case Op::kMod:
    case Op::kPow:
      return calculate(expression.op, evaluate(args[0], span), evaluate(args[1], span));
    default:
      return bool_datum(compares(expression.op, evaluate(args[0], span), evaluate(args[1], span),
                                 expression.pattern.get()));
  }
}

Datum SpanEvaluator::find(const Field& field, uint32_t span) {
  return field.intrinsic == Intrinsic::kNone ? attribute(field, span)
                                             : intrinsic(field.intrinsic, span);
}

Datum SpanEvaluator::of_value(otlp::Value value) {
  if (value.type() != otlp::ValueType::kArray) return Datum::of(value);
  std::vector<Datum> elements;
  for (otlp::Value element : value.elements()) elements.push_back(Datum::of(element));
  lists_.push_back(std::move(elements));
  return {.type = Type::kList, .elements = lists_.back()};
}

Datum SpanEvaluator::of_text(std::string text) {
  return text_datum(texts_.emplace_back(std::move(text)));
}

Datum SpanEvaluator::of_values(std::vector<Datum> values) {
  if (values.empty()) return {};
  if (values.size() == 1) return values[0];
  lists_.push_back(std::move(values));
  return {.type = Type::kList, .elements = lists_.back()};
}

Datum SpanEvaluator::attribute(const Field& field, uint32_t span) {
  if (field.scope != Scope::kAny) return attribute(field.scope, field.key, span);
  for (Scope scope : kAnywhere)
    if (Datum found = attribute(scope, field.key, span); found.type != Type::kNil) return found;
  return {};
}

Scope SpanEvaluator::place(const Field& field, uint32_t span) {
  if (field.intrinsic != Intrinsic::kNone || field.scope != Scope::kAny) return field.scope;
  for (Scope scope : kAnywhere)
    if (attribute(scope, field.key, span).type != Type::kNil) return scope;
  return Scope::kAny;
}

Datum SpanEvaluator::attribute(Scope scope, std::string_view key, uint32_t span) {
  auto among = [&](const otlp::AttributeRange& attributes) {
    auto found = attributes.find(key);
    return found ? of_value(*found) : Datum{};
  };
  auto among_several = [&](const auto& items) {
    std::vector<Datum> values;
    for (const auto& item : items) {
      Datum found = among(item.attributes());
      if (found.type == Type::kList)
        values.insert(values.end(), found.elements.begin(), found.elements.end());
      else if (found.type != Type::kNil)
        values.push_back(found);
    }
    return of_values(std::move(values));
  };
  switch (scope) {
    case Scope::kSpan:
      return among(trace_.span(span).attributes());
    case Scope::kResource:
      return among(trace_.resource(span).attributes());
    case Scope::kEvent:
      return among_several(trace_.span(span).events());
    case Scope::kLink:
      return among_several(trace_.span(span).links());
    case Scope::kInstrumentation:
      return among(trace_.scope(span).attributes());
    case Scope::kAny:
      break;
  }
  return {};
}

Datum SpanEvaluator::intrinsic(Intrinsic intrinsic, uint32_t number) {
  const otlp::Span& span = trace_.span(number);
  uint32_t root = trace_.root();
  switch (intrinsic) {
    case Intrinsic::kNone:
      return {};
    case Intrinsic::kName:
      return text_datum(span.name);
    case Intrinsic::kDuration:
      return duration_datum(span.duration());
    case Intrinsic::kStatus:
      return integer_datum(Type::kStatus, static_cast<int64_t>(span.status));
    case Intrinsic::kStatusMessage:
      return text_datum(span.status_message);
    case Intrinsic::kKind:
      return integer_datum(Type::kKind, static_cast<int64_t>(span.kind));
    case Intrinsic::kSpanId:
      return of_text(span.span_id.hex());
    case Intrinsic::kParentId:
      return of_text(span.parent_span_id.is_zero() ? "" : span.parent_span_id.hex());
    case Intrinsic::kChildCount:
      return integer_datum(Type::kInt, trace_.child_count(number));
    case Intrinsic::kTraceDuration:
      return duration_datum(trace_.duration());
    case Intrinsic::kRootName:
      return root == TraceView::kNone ? Datum{} : text_datum(trace_.span(root).name);
    case Intrinsic::kRootService:
      return root == TraceView::kNone ? Datum{} : text_datum(trace_.resource(root).service_name);
    case Intrinsic::kTraceId:
      return of_text(short_trace_id(span.trace_id.hex()));
    case Intrinsic::kInstrumentationName:
      return text_datum(trace_.scope(number).name);
    case Intrinsic::kInstrumentationVersion:
      return text_datum(trace_.scope(number).version);
    case Intrinsic::kNestedSetLeft:
      return integer_datum(Type::kInt, trace_.nested_set(number).left);
    case Intrinsic::kNestedSetRight:
      return integer_datum(Type::kInt, trace_.nested_set(number).right);
    case Intrinsic::kNestedSetParent:
      return integer_datum(Type::kInt, trace_.nested_set(number).parent);
    case Intrinsic::kEventName:
    case Intrinsic::kEventTimeSinceStart:
    case Intrinsic::kLinkSpanId:
    case Intrinsic::kLinkTraceId:
      break;
  }
  std::vector<Datum> values;
  if (intrinsic == Intrinsic::kEventName || intrinsic == Intrinsic::kEventTimeSinceStart) {
    for (const otlp::Event& event : span.events()) {
      auto since = static_cast<int64_t>(event.time - span.start);
      values.push_back(intrinsic == Intrinsic::kEventName ? text_datum(event.name)
                                                          : integer_datum(Type::kDuration, since));
    }
  } else {
    for (const otlp::Link& link : span.links())
      values.push_back(of_text(intrinsic == Intrinsic::kLinkSpanId
                                   ? link.span_id.hex()
                                   : short_trace_id(link.trace_id.hex())));
  }
  return of_values(std::move(values));
}

}  // namespace clew::query::traceql
