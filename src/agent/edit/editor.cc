#include "agent/edit/editor.h"

#include "agent/edit/normalize.h"
#include "otlp/attribute_writer.h"
#include "otlp/reader.h"

namespace clew::agent {
namespace {

namespace f = otlp::fields;

/// Lets `edit` edit the message the reader stands on.
template <typename Edit>
void edit_nested(protozero::pbf_reader& reader, otlp::Patch& patch, Edit&& edit) {
  const char* length = reader.data().data();
  std::string_view content = otlp::view_of(reader);
  otlp::Patch::Nested nested = patch.open(length, content);
  edit(content);
  patch.close(nested);
}

}  // namespace

Editor::Editor(const EditOptions& options) : normalize_(options.normalize), place_(options.place) {}

SharedBytes Editor::edit(const SharedBytes& request) const {
  otlp::Patch patch(request.view());
  otlp::for_each_field(request.view(), [&](protozero::pbf_reader& reader) {
    if (reader.tag() != f::request::kResourceSpans) return reader.skip();
    edit_nested(reader, patch, [&](std::string_view group) { edit_group(group, patch); });
  });
  return patch.edited() ? SharedBytes::take(patch.finish()) : request;
}

void Editor::edit_group(std::string_view resource_spans, otlp::Patch& patch) const {
  bool has_resource = false;
  otlp::for_each_field(resource_spans, [&](protozero::pbf_reader& reader) {
    switch (reader.tag()) {
      case f::resource_spans::kResource:
        has_resource = true;
        return edit_nested(reader, patch,
                           [&](std::string_view resource) { place_.stamp(resource, patch); });
      case f::resource_spans::kScopeSpans:
        return edit_nested(reader, patch,
                           [&](std::string_view scope) { edit_scope(scope, patch); });
      default:
        reader.skip();
    }
  });
  if (!has_resource && !place_.empty())
    otlp::append_field(patch.insert(resource_spans.data() + resource_spans.size()),
                       f::resource_spans::kResource, place_.resource());
}

void Editor::edit_scope(std::string_view scope_spans, otlp::Patch& patch) const {
  if (!normalize_) return;
  otlp::for_each_field(scope_spans, [&](protozero::pbf_reader& reader) {
    if (reader.tag() != f::scope_spans::kSpans) return reader.skip();
    edit_nested(reader, patch, [&](std::string_view span) { normalize_envoy_span(span, patch); });
  });
}

}  // namespace clew::agent
