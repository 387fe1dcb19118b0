#include "agent/edit/editor.h"

#include "agent/edit/normalize.h"
#include "otlp/attribute_writer.h"
#include "otlp/reader.h"
#include "otlp/span.h"

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

/// A message that several edits change, one after the other.
class Stages {
 public:
  explicit Stages(std::string_view message) : message_(message) {}

  template <typename Edit>
  void run(Edit&& edit) {
    otlp::Patch patch(message_);
    edit(message_, patch);
    if (!patch.edited()) return;
    own_ = patch.finish();
    message_ = own_;
    changed_ = true;
  }

  /// Puts what came out in the place of `original`, if it is not the same.
  void finish(std::string_view original, otlp::Patch& patch) const {
    if (changed_) patch.replace(original) += message_;
  }

 private:
  std::string_view message_;
  std::string own_;
  bool changed_ = false;
};

void act(const std::vector<AttributeAction>& actions, f::Tag tag, const AttributeContext& context,
         std::string_view message, otlp::Patch& patch) {
  if (actions.empty()) return;
  AttributeList attributes(message, tag);
  for (const AttributeAction& action : actions) action.apply(attributes, context);
  attributes.write(patch);
}

std::string_view service_of(std::string_view group) {
  std::string_view service;
  otlp::for_each_field(group, [&](protozero::pbf_reader& reader) {
    if (reader.tag() != f::resource_spans::kResource) return reader.skip();
    otlp::AttributeRange attributes(otlp::view_of(reader), f::resource::kAttributes);
    if (auto name = attributes.find("service.name")) service = name->as_bytes();
  });
  return service;
}

}  // namespace

Editor::Editor(const EditOptions& options)
    : normalize_(options.normalize), place_(options.place), has_actions_(!options.actions.empty()) {
  for (const AttributeAction& action : options.actions)
    actions_[static_cast<size_t>(action.scope())].push_back(action);
}

// The requests of all signals have one shape: groups of a resource, in them groups of a scope, in
// them spans, log records or metrics, each under the same field numbers.

SharedBytes Editor::edit(otlp::Signal signal, const SharedBytes& request) const {
  otlp::Patch patch(request.view());
  otlp::for_each_field(request.view(), [&](protozero::pbf_reader& reader) {
    if (reader.tag() != f::request::kResourceSpans) return reader.skip();
    edit_nested(reader, patch, [&](std::string_view group) { edit_group(signal, group, patch); });
  });
  return patch.edited() ? SharedBytes::take(patch.finish()) : request;
}

void Editor::edit_group(otlp::Signal signal, std::string_view group, otlp::Patch& patch) const {
  std::string_view service = has_actions_ ? service_of(group) : std::string_view();
  bool has_resource = false;
  otlp::for_each_field(group, [&](protozero::pbf_reader& reader) {
    switch (reader.tag()) {
      case f::resource_spans::kResource:
        has_resource = true;
        return edit_nested(reader, patch, [&](std::string_view resource) {
          edit_resource(resource, service, patch);
        });
      case f::resource_spans::kScopeSpans:
        return edit_nested(reader, patch, [&](std::string_view scope) {
          edit_scope(signal, scope, service, patch);
        });
      default:
        reader.skip();
    }
  });
  if (has_resource) return;
  std::string_view none(group.data() + group.size(), 0);
  otlp::Patch added(none);
  edit_resource(none, service, added);
  if (added.edited())
    otlp::append_field(patch.insert(none.data()), f::resource_spans::kResource, added.finish());
}

void Editor::edit_resource(std::string_view resource, std::string_view service,
                           otlp::Patch& patch) const {
  const Actions& actions = actions_on(AttributeScope::kResource);
  if (actions.empty()) return place_.stamp(resource, patch);
  Stages stages(resource);
  stages.run([&](std::string_view message, otlp::Patch& edits) { place_.stamp(message, edits); });
  stages.run([&](std::string_view message, otlp::Patch& edits) {
    act(actions, f::resource::kAttributes, {.service = service, .span_name = {}}, message, edits);
  });
  stages.finish(resource, patch);
}

void Editor::edit_scope(otlp::Signal signal, std::string_view scope, std::string_view service,
                        otlp::Patch& patch) const {
  bool spans = signal == otlp::Signal::kTraces &&
               (normalize_ || !actions_on(AttributeScope::kSpan).empty() ||
                !actions_on(AttributeScope::kEvent).empty());
  bool logs = signal == otlp::Signal::kLogs && !actions_on(AttributeScope::kLog).empty();
  if (!spans && !logs) return;
  otlp::for_each_field(scope, [&](protozero::pbf_reader& reader) {
    if (reader.tag() != f::scope_spans::kSpans) return reader.skip();
    edit_nested(reader, patch, [&](std::string_view item) {
      if (spans) return edit_span(item, service, patch);
      act(actions_on(AttributeScope::kLog), f::log_record::kAttributes,
          {.service = service, .span_name = {}}, item, patch);
    });
  });
}

void Editor::edit_span(std::string_view span, std::string_view service, otlp::Patch& patch) const {
  const Actions& on_span = actions_on(AttributeScope::kSpan);
  const Actions& on_events = actions_on(AttributeScope::kEvent);
  if (on_span.empty() && on_events.empty()) {
    if (normalize_) normalize_envoy_span(span, patch);
    return;
  }
  AttributeContext context{.service = service, .span_name = otlp::Span::decode(span).name};
  Stages stages(span);
  if (normalize_) stages.run(normalize_envoy_span);
  stages.run([&](std::string_view message, otlp::Patch& edits) {
    act(on_span, f::span::kAttributes, context, message, edits);
  });
  if (!on_events.empty())
    stages.run([&](std::string_view message, otlp::Patch& edits) {
      otlp::for_each_field(message, [&](protozero::pbf_reader& reader) {
        if (reader.tag() != f::span::kEvents) return reader.skip();
        edit_nested(reader, edits, [&](std::string_view event) {
          act(on_events, f::event::kAttributes, context, event, edits);
        });
      });
    });
  stages.finish(span, patch);
}

}  // namespace clew::agent
