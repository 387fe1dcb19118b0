#include "store/vocabulary_visit.h"

#include "otlp/fields.h"
#include "otlp/span.h"

namespace clew::store {
namespace {

/// Calls visit(attributes) for every resource and scope, as `scope` asks, until it returns false.
template <typename Visit>
bool visit_groups(const Vocabulary& vocabulary, std::optional<AttributeScope> scope,
                  Visit&& visit) {
  GroupParts parts;
  if (scope.value_or(AttributeScope::kResource) == AttributeScope::kResource)
    for (uint32_t code = 0; code < vocabulary.resources(); ++code)
      if (parse_group(vocabulary.resource(code), parts) &&
          !visit(AttributeScope::kResource,
                 otlp::AttributeRange(parts.message, otlp::fields::resource::kAttributes)))
        return false;
  if (scope.value_or(AttributeScope::kScope) == AttributeScope::kScope)
    for (uint32_t code = 0; code < vocabulary.scopes(); ++code)
      if (parse_group(vocabulary.scope(code), parts) &&
          !visit(AttributeScope::kScope,
                 otlp::AttributeRange(parts.message, otlp::fields::scope::kAttributes)))
        return false;
  return true;
}

bool visit_value(const otlp::Value& value, const Part::ValueVisitor& visit) {
  return value.type() == otlp::ValueType::kString ? visit(value.type(), value.as_bytes())
                                                  : visit(value.type(), value.text());
}

/// Calls visit(attribute) for each of the events, until it returns false.
template <typename Visit>
bool visit_events(std::string_view events, Visit&& visit) {
  for (otlp::Event event : otlp::DecodedRange<otlp::Event>(events, otlp::fields::span::kEvents))
    for (otlp::Attribute attribute : event.attributes())
      if (!visit(attribute)) return false;
  return true;
}

}  // namespace

void visit_vocabulary_attributes(const Vocabulary& vocabulary,
                                 const Part::AttributeVisitor& visit) {
  bool going = visit_groups(vocabulary, {},
                            [&](AttributeScope scope, const otlp::AttributeRange& attributes) {
                              for (otlp::Attribute attribute : attributes)
                                if (!visit(scope, attribute.key)) return false;
                              return true;
                            });
  for (uint32_t column = 0; going && column < vocabulary.columns(); ++column) {
    const ColumnKey& key = vocabulary.column(column);
    if (key.kind == ColumnKind::kAttribute && !key.key.empty())
      going = visit(AttributeScope::kSpan, key.key);
  }
}

void visit_vocabulary_values(const Vocabulary& vocabulary, std::optional<AttributeScope> scope,
                             std::string_view key, const Part::ValueVisitor& visit) {
  bool going =
      visit_groups(vocabulary, scope, [&](AttributeScope, const otlp::AttributeRange& attributes) {
        for (otlp::Attribute attribute : attributes)
          if (attribute.key == key && !visit_value(attribute.value, visit)) return false;
        return true;
      });
  if (scope.value_or(AttributeScope::kSpan) != AttributeScope::kSpan) return;
  for (uint32_t column = 0; going && column < vocabulary.columns(); ++column) {
    const ColumnKey& column_key = vocabulary.column(column);
    if (column_key.kind != ColumnKind::kAttribute || column_key.key != key) continue;
    for (uint32_t code = 0; going && code < vocabulary.values(column); ++code)
      if (auto value = cell_value(column_key, vocabulary.value(column, code)))
        going = visit_value(*value, visit);
  }
}

bool visit_event_attributes(std::string_view events, const Part::AttributeVisitor& visit) {
  return visit_events(events, [&](const otlp::Attribute& attribute) {
    return visit(AttributeScope::kEvent, attribute.key);
  });
}

bool visit_event_values(std::string_view events, std::string_view key,
                        const Part::ValueVisitor& visit) {
  return visit_events(events, [&](const otlp::Attribute& attribute) {
    return attribute.key != key || visit_value(attribute.value, visit);
  });
}

}  // namespace clew::store
