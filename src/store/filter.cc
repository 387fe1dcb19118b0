#include "store/filter.h"

#include <xxhash.h>

#include <algorithm>

namespace clew::store {
namespace {

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, {}, [](char c) { return std::tolower(static_cast<unsigned char>(c)); },
      [](char c) { return std::tolower(static_cast<unsigned char>(c)); });
}

bool has_text(const otlp::Value& value, std::string_view wanted) {
  if (value.type() == otlp::ValueType::kString) return value.as_bytes() == wanted;
  return value.text() == wanted;
}

bool has_tag(const otlp::AttributeRange& attributes, const Tag& tag) {
  for (otlp::Attribute attribute : attributes)
    if (attribute.key == tag.key && has_text(attribute.value, tag.value)) return true;
  return false;
}

bool event_has_tag(const otlp::Span& span, const Tag& tag) {
  for (otlp::Event event : span.events())
    if (has_tag(event.attributes(), tag)) return true;
  return false;
}

bool scope_has_tag(const otlp::ScopeRef& scope, const Tag& tag) {
  if (tag.key == "otel.scope.name" && scope.name == tag.value) return true;
  if (tag.key == "otel.scope.version" && scope.version == tag.value) return true;
  return has_tag(scope.attributes(), tag);
}

/// What Jaeger's exporters write as tags, and OTLP has as fields.
bool fields_have_tag(const otlp::Span& span, const Tag& tag) {
  if (tag.key == "error") return tag.value == (span.is_error() ? "true" : "false");
  if (tag.key == "span.kind") return tag.value == otlp::name_of(span.kind);
  if (tag.key == "otel.status_code" || tag.key == "status_code")
    return equal_ignoring_case(tag.value, otlp::name_of(span.status));
  if (tag.key == "otel.status_description")
    return !tag.value.empty() && tag.value == span.status_message;
  return false;
}

}  // namespace

bool is_field_tag(std::string_view key) {
  return key == "error" || key == "span.kind" || key == "otel.status_code" ||
         key == "status_code" || key == "otel.status_description" || key == "otel.scope.name" ||
         key == "otel.scope.version";
}

uint64_t tag_hash(std::string_view key, std::string_view value) {
  uint64_t seed = XXH3_64bits(key.data(), key.size());
  uint64_t hash = XXH3_64bits_withSeed(value.data(), value.size(), seed);
  return hash + (hash == 0);
}

bool SpanMatcher::matches(const otlp::SpanRef& ref) {
  const otlp::ResourceRef& resource = batch_.resource_of(ref);
  if (!filter_.service.empty() && resource.service_name != filter_.service) return false;
  otlp::Span span = batch_.decode(ref);
  if (!matches_fields(span)) return false;
  for (size_t i = 0; i < filter_.tags.size(); ++i) {
    const Tag& tag = filter_.tags[i];
    bool found = (tags_of_resource(ref.resource) >> i & 1) != 0 || fields_have_tag(span, tag) ||
                 has_tag(span.attributes(), tag) || event_has_tag(span, tag) ||
                 scope_has_tag(batch_.scope_of(ref), tag);
    if (!found) return false;
  }
  return true;
}

bool SpanMatcher::matches_fields(const otlp::Span& span) const {
  if (span.start < filter_.start_min || span.start > filter_.start_max) return false;
  if (!filter_.operation.empty() && span.name != filter_.operation) return false;
  if (filter_.kind && span.kind != *filter_.kind) return false;
  if (filter_.min_duration && span.duration() < *filter_.min_duration) return false;
  return !filter_.max_duration || span.duration() <= *filter_.max_duration;
}

uint32_t SpanMatcher::tags_of_resource(uint32_t resource) {
  if (resource_ == resource) return resource_tags_;
  resource_ = resource;
  resource_tags_ = 0;
  for (size_t i = 0; i < filter_.tags.size(); ++i)
    if (has_tag(batch_.resources()[resource].attributes(), filter_.tags[i]))
      resource_tags_ |= uint32_t{1} << i;
  return resource_tags_;
}

}  // namespace clew::store
