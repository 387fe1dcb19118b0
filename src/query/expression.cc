#include "query/expression.h"

#include <algorithm>
#include <functional>

#include "base/limits.h"
#include "query/expression_node.h"

namespace clew::query {
namespace {

using store::Comparison;
using Node = SpanPredicate::Node;

/// One span, and the event or link that `some` looks at.
struct Subject {
  const otlp::Batch& batch;
  const otlp::SpanRef& ref;
  const otlp::Span& span;
  const otlp::Event* event = nullptr;
  const otlp::Link* link = nullptr;
};

/// Called with values of what a node names until it returns true.
template <typename Visit>
bool visit_events(const Subject& subject, Visit&& visit) {
  if (subject.event) return visit(*subject.event);
  for (otlp::Event event : subject.span.events())
    if (visit(event)) return true;
  return false;
}

template <typename Visit>
bool visit_links(const Subject& subject, Visit&& visit) {
  if (subject.link) return visit(*subject.link);
  for (otlp::Link link : subject.span.links())
    if (visit(link)) return true;
  return false;
}

template <typename Visit>
bool visit_attributes(const Node& node, const Subject& subject, Visit&& visit) {
  auto among = [&](otlp::AttributeRange attributes) {
    for (otlp::Attribute attribute : attributes)
      if (attribute.key == node.key && visit(attribute.value)) return true;
    return false;
  };
  switch (node.level) {
    case Level::kSpanOrResource:
      return among(subject.span.attributes()) ||
             among(subject.batch.resource_of(subject.ref).attributes());
    case Level::kSpan:
      return among(subject.span.attributes());
    case Level::kResource:
      return among(subject.batch.resource_of(subject.ref).attributes());
    case Level::kScope:
      return among(subject.batch.scope_of(subject.ref).attributes());
    case Level::kEvent:
      return visit_events(subject, [&](const otlp::Event& e) { return among(e.attributes()); });
    case Level::kLink:
      return visit_links(subject, [&](const otlp::Link& l) { return among(l.attributes()); });
  }
  return false;
}

/// Fields that are empty, zero or unspecified are not there.
template <typename Visit>
bool visit_field(Field field, const Subject& subject, Visit&& visit) {
  const otlp::Span& span = subject.span;
  const otlp::ResourceRef& resource = subject.batch.resource_of(subject.ref);
  const otlp::ScopeRef& scope = subject.batch.scope_of(subject.ref);
  auto text = [&](std::string_view value) {
    return !value.empty() && visit(otlp::Value::of_string(value));
  };
  auto id = [&](const auto& value) { return !value.is_zero() && text(value.hex()); };
  auto time = [&](UnixNanos value) { return value != 0 && visit(uint64_t{value}); };
  using enum Field;
  switch (field) {
    case kTraceId:
      return id(span.trace_id);
    case kSpanId:
      return id(span.span_id);
    case kParentSpanId:
      return id(span.parent_span_id);
    case kTraceState:
      return text(span.trace_state);
    case kName:
      return text(span.name);
    case kKind:
      return span.kind != otlp::SpanKind::kUnspecified && text(name_of(span.kind));
    case kStartTime:
      return time(span.start);
    case kEndTime:
      return time(span.end);
    case kStatus:
      return text(name_of(span.status));
    case kStatusMessage:
      return text(span.status_message);
    case kDuration:
      return visit(span.duration());
    case kService:
      return text(resource.service_name);
    case kResourceSchemaUrl:
      return text(resource.schema_url);
    case kScopeName:
      return text(scope.name);
    case kScopeVersion:
      return text(scope.version);
    case kScopeSchemaUrl:
      return text(scope.schema_url);
    case kEventName:
      return visit_events(subject, [&](const otlp::Event& e) { return text(e.name); });
    case kEventTime:
      return visit_events(subject, [&](const otlp::Event& e) { return time(e.time); });
    case kEventTimeSinceStart:
      return visit_events(subject, [&](const otlp::Event& e) {
        return e.time >= span.start && visit(uint64_t{e.time - span.start});
      });
    case kLinkTraceId:
      return visit_links(subject, [&](const otlp::Link& l) { return id(l.trace_id); });
    case kLinkSpanId:
      return visit_links(subject, [&](const otlp::Link& l) { return id(l.span_id); });
    case kLinkTraceState:
      return visit_links(subject, [&](const otlp::Link& l) { return text(l.trace_state); });
  }
  return false;
}

/// True if `visit` accepts one of the values.
template <typename Visit>
bool any_value(const Node& node, const Subject& subject, Visit&& visit) {
  return node.field ? visit_field(*node.field, subject, visit)
                    : visit_attributes(node, subject, visit);
}

bool holds(const Node& node, const Subject& subject);

bool holds_for_some(const Node& node, Subject subject) {
  const Node& inner = node.children[0];
  if (node.level == Level::kEvent)
    return visit_events(subject, [&](const otlp::Event& event) {
      Subject one = subject;
      one.event = &event;
      return holds(inner, one);
    });
  return visit_links(subject, [&](const otlp::Link& link) {
    Subject one = subject;
    one.link = &link;
    return holds(inner, one);
  });
}

bool holds(const Node& node, const Subject& subject) {
  auto child_holds = [&](const Node& child) { return holds(child, subject); };
  auto accepted = [&](const auto& value) {
    return std::ranges::any_of(node.tests,
                               [&](const ConstantTest& test) { return test.accepts(value); });
  };
  auto present = [](const auto&) { return true; };
  switch (node.op) {
    case Node::Op::kAnd:
      return std::ranges::all_of(node.children, child_holds);
    case Node::Op::kOr:
      return std::ranges::any_of(node.children, child_holds);
    case Node::Op::kNot:
      return !holds(node.children[0], subject);
    case Node::Op::kSome:
      return holds_for_some(node, subject);
    case Node::Op::kExists:
      return any_value(node, subject, present);
    case Node::Op::kAnyOf:
      return any_value(node, subject, accepted);
    case Node::Op::kNoneOf:
      return any_value(node, subject, present) && !any_value(node, subject, accepted);
  }
  return false;
}

void narrow_duration(const ConstantTest& test, store::Filter& filter) {
  bool least = test.comparison == Comparison::kGreater ||
               test.comparison == Comparison::kGreaterEqual ||
               test.comparison == Comparison::kEqual;
  bool most = test.comparison == Comparison::kLess || test.comparison == Comparison::kLessEqual ||
              test.comparison == Comparison::kEqual;
  uint64_t from = filter.min_duration.value_or(0), to = filter.max_duration.value_or(UINT64_MAX);
  if (least) from = std::max(from, test.number);
  if (most) to = std::min(to, test.number);
  if (from > to) return;  // nothing can match, which the test of each span will tell
  if (least) filter.min_duration = from;
  if (most) filter.max_duration = to;
}

void narrow_field(const Node& node, store::Filter& filter) {
  if (*node.field == Field::kDuration) return narrow_duration(node.tests[0], filter);
  if (!node.condition || node.condition->comparison != Comparison::kEqual) return;
  const auto& text = std::get<std::string>(node.condition->operand);
  if (*node.field == Field::kService && filter.service.empty()) filter.service = text;
  if (*node.field == Field::kName && filter.operation.empty()) filter.operation = text;
  for (int kind = 0; *node.field == Field::kKind && kind <= 5; ++kind)
    if (name_of(static_cast<otlp::SpanKind>(kind)) == text)
      filter.kind = static_cast<otlp::SpanKind>(kind);
  for (int status = 0; *node.field == Field::kStatus && status <= 2; ++status)
    if (name_of(static_cast<otlp::StatusCode>(status)) == text)
      filter.status = static_cast<otlp::StatusCode>(status);
}

/// The store's name of a level; nullopt: any, and so wider.
std::optional<store::AttributeScope> scope_of(Level level) {
  switch (level) {
    case Level::kSpan:
      return store::AttributeScope::kSpan;
    case Level::kResource:
      return store::AttributeScope::kResource;
    case Level::kScope:
      return store::AttributeScope::kScope;
    case Level::kEvent:
      return store::AttributeScope::kEvent;
    default:
      return std::nullopt;
  }
}

void narrow_attribute(const Node& node, store::Filter& filter) {
  bool full = filter.tags.size() + filter.conditions.size() >= limits::kTagsPerQuery;
  if (full || node.level == Level::kLink) return;  // the store does not look into links
  if (node.text) return filter.tags.push_back({node.key, *node.text});
  store::Condition condition =
      node.condition.value_or(store::Condition{.comparison = Comparison::kExists});
  condition.scope = scope_of(node.level);
  condition.key = node.key;
  filter.conditions.push_back(std::move(condition));
}

void narrow_by(const Node& node, store::Filter& filter) {
  switch (node.op) {
    case Node::Op::kAnd:
      for (const Node& child : node.children) narrow_by(child, filter);
      return;
    case Node::Op::kSome:  // what one event has, some event has
      return narrow_by(node.children[0], filter);
    case Node::Op::kAnyOf:
      if (node.tests.size() == 1 && node.field) return narrow_field(node, filter);
      if (!node.field) narrow_attribute(node, filter);
      return;
    case Node::Op::kExists:
    case Node::Op::kNoneOf: {
      if (node.field) return;
      Node present{.op = Node::Op::kExists, .level = node.level, .key = node.key};
      return narrow_attribute(present, filter);
    }
    default:
      return;  // what `or` and `not` allow has no single condition
  }
}

}  // namespace

bool ConstantTest::accepts(uint64_t tested) const {
  switch (comparison) {
    case Comparison::kLess:
      return tested < number;
    case Comparison::kLessEqual:
      return tested <= number;
    case Comparison::kGreater:
      return tested > number;
    case Comparison::kGreaterEqual:
      return tested >= number;
    default:
      return tested == number;
  }
}

bool SpanPredicate::matches(const otlp::Batch& batch, const otlp::SpanRef& ref) const {
  otlp::Span span = batch.decode(ref);
  return holds(*root_, {batch, ref, span});
}

void SpanPredicate::narrow(store::Filter& filter) const {
  narrow_by(*root_, filter);
}

}  // namespace clew::query
