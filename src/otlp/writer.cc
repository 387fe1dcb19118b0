#include "otlp/writer.h"

#include <algorithm>
#include <protozero/pbf_writer.hpp>

#include "otlp/reader.h"

namespace clew::otlp {
namespace {

/// Size of a length-delimited field with a one-byte tag.
size_t field_size(size_t content) {
  return 1 + static_cast<size_t>(protozero::length_of_varint(content)) + content;
}

size_t optional_field_size(std::string_view content) {
  return content.empty() ? 0 : field_size(content.size());
}

void add_if_any(protozero::pbf_writer& writer, fields::Tag tag, std::string_view content) {
  if (!content.empty()) writer.add_message(tag, content.data(), content.size());
}

}  // namespace

void RequestWriter::add(const ResourceRef& resource, const ScopeRef& scope, std::string_view span) {
  group_of(resource, scope).spans.push_back(span);
}

RequestWriter::ScopeGroup& RequestWriter::group_of(const ResourceRef& resource,
                                                   const ScopeRef& scope) {
  Identity identity = {resource.bytes, resource.schema_url, scope.bytes, scope.schema_url};
  auto is_same = [](std::string_view a, std::string_view b) {
    return a.data() == b.data() && a.size() == b.size();
  };
  if (last_group_ != kNoGroup && std::ranges::equal(identity, last_, is_same))
    return groups_[last_group_].scopes[last_scope_];
  auto [group_at, new_group] =
      group_index_.try_emplace({resource.bytes, resource.schema_url}, groups_.size());
  if (new_group) groups_.push_back({resource.bytes, resource.schema_url, {}, {}});
  ResourceGroup& group = groups_[group_at->second];
  auto [scope_at, new_scope] =
      group.scope_index.try_emplace({scope.bytes, scope.schema_url}, group.scopes.size());
  if (new_scope) group.scopes.push_back({scope.bytes, scope.schema_url, {}});
  last_ = identity;
  last_group_ = group_at->second;
  last_scope_ = scope_at->second;
  return group.scopes[last_scope_];
}

std::string RequestWriter::finish() {
  namespace rs = fields::resource_spans;
  namespace ss = fields::scope_spans;
  std::string out;
  for (const ResourceGroup& group : groups_) {
    // Sizes first, so that every length is written once and nothing is moved afterwards.
    std::vector<size_t> scope_sizes;
    size_t group_size = optional_field_size(group.resource) + optional_field_size(group.schema_url);
    for (const ScopeGroup& scope : group.scopes) {
      size_t size = optional_field_size(scope.scope) + optional_field_size(scope.schema_url);
      for (std::string_view span : scope.spans) size += field_size(span.size());
      scope_sizes.push_back(size);
      group_size += field_size(size);
    }
    // A parent writer can open one submessage of known size only, hence a new one each time.
    protozero::pbf_writer request(out);
    protozero::pbf_writer resource_spans(request, fields::request::kResourceSpans, group_size);
    add_if_any(resource_spans, rs::kResource, group.resource);
    for (size_t i = 0; i < group.scopes.size(); ++i) {
      const ScopeGroup& scope = group.scopes[i];
      protozero::pbf_writer parent(out);
      protozero::pbf_writer scope_spans(parent, rs::kScopeSpans, scope_sizes[i]);
      add_if_any(scope_spans, ss::kScope, scope.scope);
      for (std::string_view span : scope.spans)
        scope_spans.add_message(ss::kSpans, span.data(), span.size());
      add_if_any(scope_spans, ss::kSchemaUrl, scope.schema_url);
    }
    add_if_any(resource_spans, rs::kSchemaUrl, group.schema_url);
  }
  groups_.clear();
  group_index_.clear();
  last_group_ = kNoGroup;
  return out;
}

std::string with_trace_state(std::string_view span, std::string_view trace_state) {
  std::string out;
  out.reserve(span.size() + field_size(trace_state.size()));
  protozero::pbf_reader reader(span.data(), span.size());
  auto rest = [&] { return span.size() - reader.length(); };
  size_t begin = rest();
  while (reader.next()) {
    bool is_old = reader.tag() == fields::span::kTraceState;
    reader.skip();
    if (!is_old) out.append(span.substr(begin, rest() - begin));
    begin = rest();
  }
  if (!trace_state.empty())
    protozero::pbf_writer(out).add_string(fields::span::kTraceState, trace_state.data(),
                                          trace_state.size());
  return out;
}

SharedBytes accepted_bytes(const Batch& batch) {
  if (batch.rejected_spans() == 0) return batch.bytes();
  RequestWriter writer;
  for (const SpanRef& ref : batch.spans()) writer.add(batch, ref);
  return SharedBytes::take(writer.finish());
}

std::string export_response(size_t rejected_spans, std::string_view message) {
  std::string out;
  if (rejected_spans == 0 && message.empty()) return out;
  protozero::pbf_writer response(out);
  protozero::pbf_writer partial(response, fields::response::kPartialSuccess);
  if (rejected_spans != 0)
    partial.add_int64(fields::response::kRejectedSpans, static_cast<int64_t>(rejected_spans));
  if (!message.empty())
    partial.add_string(fields::response::kErrorMessage, message.data(), message.size());
  return out;
}

PartialSuccess parse_export_response(std::string_view bytes) {
  PartialSuccess partial;
  for_each_field(bytes, [&](protozero::pbf_reader& reader) {
    if (reader.tag() != fields::response::kPartialSuccess) return reader.skip();
    for_each_field(view_of(reader), [&](protozero::pbf_reader& inner) {
      if (inner.tag() == fields::response::kRejectedSpans)
        partial.rejected_spans = static_cast<uint64_t>(std::max<int64_t>(0, inner.get_int64()));
      else if (inner.tag() == fields::response::kErrorMessage)
        partial.message = view_of(inner);
      else
        inner.skip();
    });
  });
  return partial;
}

}  // namespace clew::otlp
