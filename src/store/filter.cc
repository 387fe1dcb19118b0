#include "store/filter.h"

#include <algorithm>

#include "base/metrics.h"

namespace clew::store {
namespace {

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, {}, [](char c) { return std::tolower(static_cast<unsigned char>(c)); },
      [](char c) { return std::tolower(static_cast<unsigned char>(c)); });
}

/// True if an attribute of one of the span's events satisfies the term.
bool events_satisfy(const otlp::Span& span, const Term& term) {
  for (otlp::Event event : span.events())
    if (satisfies(event.attributes(), term)) return true;
  return false;
}

}  // namespace

Result<Query> Query::compile(Filter filter) {
  size_t count = filter.tags.size() + filter.conditions.size();
  if (count > limits::kTagsPerQuery) {
    metrics::count_limit_hit("tags_per_query");
    return fail(Code::kInvalid, "{} tags and conditions, at most {} are allowed", count,
                limits::kTagsPerQuery);
  }
  Query query;
  query.terms_.reserve(count);
  for (const Tag& tag : filter.tags)
    query.terms_.push_back({.key = tag.key,
                            .test = ValueTest::text_equals(tag.value),
                            .field = is_field_tag(tag.key) ? std::optional(tag) : std::nullopt});
  for (const Condition& condition : filter.conditions) {
    auto test = ValueTest::compile(condition);
    if (!test) return fail(test.error().code, "{}: {}", condition.text(), test.error().message);
    query.terms_.push_back(
        {.key = condition.key, .scope = condition.scope, .test = *std::move(test)});
  }
  query.filter_ = std::move(filter);
  return query;
}

bool is_field_tag(std::string_view key) {
  return key == "error" || key == "span.kind" || key == "otel.status_code" ||
         key == "status_code" || key == "otel.status_description" || key == "otel.scope.name" ||
         key == "otel.scope.version";
}

bool field_has_tag(const otlp::Span& span, const otlp::ScopeRef& scope, const Tag& tag) {
  if (tag.key == "error") return tag.value == (span.is_error() ? "true" : "false");
  if (tag.key == "span.kind") return tag.value == otlp::name_of(span.kind);
  if (tag.key == "otel.status_code" || tag.key == "status_code")
    return equal_ignoring_case(tag.value, otlp::name_of(span.status));
  if (tag.key == "otel.status_description")
    return !tag.value.empty() && tag.value == span.status_message;
  if (tag.key == "otel.scope.name") return tag.value == scope.name;
  return tag.key == "otel.scope.version" && tag.value == scope.version;
}

bool satisfies(const otlp::AttributeRange& attributes, const Term& term) {
  for (otlp::Attribute attribute : attributes)
    if (attribute.key == term.key && term.test.accepts(attribute.value)) return true;
  return false;
}

bool SpanMatcher::matches(const otlp::SpanRef& ref) {
  const std::string& service = query_.filter().service;
  if (!service.empty() && batch_.resource_of(ref).service_name != service) return false;
  otlp::Span span = batch_.decode(ref);
  if (!matches_fields(span)) return false;
  for (size_t i = 0; i < query_.terms().size(); ++i)
    if (!satisfies_term(ref, span, i)) return false;
  return true;
}

bool SpanMatcher::matches_fields(const otlp::Span& span) const {
  const Filter& filter = query_.filter();
  if (span.start < filter.start_min || span.start > filter.start_max) return false;
  if (!filter.operation.empty() && span.name != filter.operation) return false;
  if (filter.kind && span.kind != *filter.kind) return false;
  if (filter.status && span.status != *filter.status) return false;
  if (filter.min_duration && span.duration() < *filter.min_duration) return false;
  return !filter.max_duration || span.duration() <= *filter.max_duration;
}

bool SpanMatcher::satisfies_term(const otlp::SpanRef& ref, const otlp::Span& span, size_t term) {
  const Term& asked = query_.terms()[term];
  auto may_stand_in = [&](AttributeScope scope) { return !asked.scope || asked.scope == scope; };
  const otlp::ScopeRef& scope = batch_.scope_of(ref);
  return (may_stand_in(AttributeScope::kResource) &&
          (terms_of_resource(ref.resource) >> term & 1) != 0) ||
         (asked.field && field_has_tag(span, scope, *asked.field)) ||
         (may_stand_in(AttributeScope::kSpan) && satisfies(span.attributes(), asked)) ||
         (may_stand_in(AttributeScope::kEvent) && events_satisfy(span, asked)) ||
         (may_stand_in(AttributeScope::kScope) && satisfies(scope.attributes(), asked));
}

uint32_t SpanMatcher::terms_of_resource(uint32_t resource) {
  if (resource_ == resource) return resource_terms_;
  resource_ = resource;
  resource_terms_ = 0;
  for (size_t i = 0; i < query_.terms().size(); ++i)
    if (satisfies(batch_.resources()[resource].attributes(), query_.terms()[i]))
      resource_terms_ |= uint32_t{1} << i;
  return resource_terms_;
}

}  // namespace clew::store
