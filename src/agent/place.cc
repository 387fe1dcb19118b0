#include "agent/place.h"

#include <protozero/pbf_writer.hpp>

#include "otlp/writer.h"

namespace clew::agent {
namespace {

std::string attribute_field(std::string_view key, std::string_view text) {
  std::string field;
  protozero::pbf_writer resource(field);
  protozero::pbf_writer attribute(resource, otlp::fields::resource::kAttributes);
  attribute.add_string(otlp::fields::key_value::kKey, key.data(), key.size());
  protozero::pbf_writer value(attribute, otlp::fields::key_value::kValue);
  value.add_string(otlp::fields::any_value::kString, text.data(), text.size());
  value.commit();
  attribute.commit();
  return field;
}

}  // namespace

PlaceStamp::PlaceStamp(const Place& place) {
  auto add = [this](std::string_view key, const std::string& text) {
    if (!text.empty()) attributes_.push_back({std::string(key), attribute_field(key, text)});
  };
  add("cloud.region", place.region);
  add("clew.datacenter", place.datacenter);
  add("clew.core_location", place.core_location);
  add("clew.edge", place.edge);
  add("host.name", place.host);
}

SharedBytes PlaceStamp::stamp(const otlp::Batch& batch) const {
  std::vector<std::string> stamped;
  bool changed = false;
  for (const otlp::ResourceRef& resource : batch.resources()) {
    std::string missing = missing_in(resource);
    changed |= !missing.empty();
    stamped.push_back(std::string(resource.bytes) + missing);
  }
  if (!changed) return batch.bytes();
  otlp::RequestWriter writer;
  for (const otlp::SpanRef& ref : batch.spans()) {
    otlp::ResourceRef resource = batch.resource_of(ref);
    resource.bytes = stamped[ref.resource];
    writer.add(resource, batch.scope_of(ref), batch.bytes_of(ref));
  }
  return SharedBytes::take(writer.finish());
}

std::string PlaceStamp::missing_in(const otlp::ResourceRef& resource) const {
  std::string missing;
  for (const StampedAttribute& attribute : attributes_)
    if (!resource.attributes().find(attribute.key)) missing += attribute.field;
  return missing;
}

}  // namespace clew::agent
