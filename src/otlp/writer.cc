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

namespace {

/// Calls visit(bytes) for what of a Span message is not its trace_state.
template <typename Visit>
void visit_all_but_trace_state(std::string_view span, Visit&& visit) {
  protozero::pbf_reader reader(span.data(), span.size());
  auto at = [&] { return span.size() - reader.length(); };
  size_t begin = 0;
  while (reader.next()) {
    bool is_old = reader.tag() == fields::span::kTraceState;
    reader.skip();
    if (!is_old) visit(span.substr(begin, at() - begin));
    begin = at();
  }
}

void append_with_trace_state(std::string& out, std::string_view span,
                             std::string_view trace_state) {
  visit_all_but_trace_state(span, [&](std::string_view bytes) { out.append(bytes); });
  if (!trace_state.empty())
    protozero::pbf_writer(out).add_string(fields::span::kTraceState, trace_state.data(),
                                          trace_state.size());
}

/// Of the spans of a batch that go into a new request.
class SubsetWriter {
 public:
  SubsetWriter(const Batch& batch, size_t count, const std::function<SelectedSpan(size_t)>& at)
      : batch_(batch), count_(count), at_(at) {}

  std::string write() {
    measure();
    std::string out;
    out.reserve(request_size_);
    size_t i = 0;
    for (const Group& group : groups_) {
      const ResourceRef& resource = batch_.resources()[group.resource];
      add_header(out, fields::request::kResourceSpans, group.size);
      protozero::pbf_writer writer(out);
      add_if_any(writer, fields::resource_spans::kResource, resource.bytes);
      for (const ScopeRun& run : group.scopes) write(out, run, i);
      add_if_any(writer, fields::resource_spans::kSchemaUrl, resource.schema_url);
    }
    return out;
  }

 private:
  /// Spans in a row that have one scope.
  struct ScopeRun {
    uint32_t scope;
    size_t spans = 0, size = 0;  // the ScopeSpans message
  };
  struct Group {
    uint32_t resource;
    std::vector<ScopeRun> scopes = {};
    size_t size = 0;  // the ResourceSpans message
  };

  /// Of resources, or scopes.
  static bool are_equal(const auto& all, uint32_t a, uint32_t b) {
    return a == b || (all[a].bytes == all[b].bytes && all[a].schema_url == all[b].schema_url);
  }

  void measure() {
    for (size_t i = 0; i < count_; ++i) {
      SelectedSpan selected = at_(i);
      if (groups_.empty() ||
          !are_equal(batch_.resources(), groups_.back().resource, selected.ref->resource))
        groups_.push_back({selected.ref->resource});
      auto& scopes = groups_.back().scopes;
      if (scopes.empty() || !are_equal(batch_.scopes(), scopes.back().scope, selected.ref->scope))
        scopes.push_back({selected.ref->scope});
      ++scopes.back().spans;
      scopes.back().size += field_size(size_of(selected));
    }
    for (Group& group : groups_) {
      const ResourceRef& resource = batch_.resources()[group.resource];
      group.size = optional_field_size(resource.bytes) + optional_field_size(resource.schema_url);
      for (ScopeRun& run : group.scopes) {
        const ScopeRef& scope = batch_.scopes()[run.scope];
        run.size += optional_field_size(scope.bytes) + optional_field_size(scope.schema_url);
        group.size += field_size(run.size);
      }
      request_size_ += field_size(group.size);
    }
  }

  size_t size_of(const SelectedSpan& selected) const {
    if (!selected.trace_state) return selected.ref->size;
    size_t size = optional_field_size(*selected.trace_state);
    if (!batch_.may_have_trace_state()) return size + selected.ref->size;
    visit_all_but_trace_state(batch_.bytes_of(*selected.ref),
                              [&](std::string_view bytes) { size += bytes.size(); });
    return size;
  }

  void write(std::string& out, const ScopeRun& run, size_t& i) const {
    const ScopeRef& scope = batch_.scopes()[run.scope];
    add_header(out, fields::resource_spans::kScopeSpans, run.size);
    protozero::pbf_writer writer(out);
    add_if_any(writer, fields::scope_spans::kScope, scope.bytes);
    for (size_t end = i + run.spans; i < end; ++i) {
      SelectedSpan selected = at_(i);
      std::string_view span = batch_.bytes_of(*selected.ref);
      add_header(out, fields::scope_spans::kSpans, size_of(selected));
      if (selected.trace_state)
        append_with_trace_state(out, span, *selected.trace_state);
      else
        out.append(span);
    }
    add_if_any(writer, fields::scope_spans::kSchemaUrl, scope.schema_url);
  }

  /// Tag and length of a message whose bytes follow.
  static void add_header(std::string& out, fields::Tag tag, size_t size) {
    out += static_cast<char>(tag << 3 | 2);
    protozero::add_varint_to_buffer(&out, size);
  }

  const Batch& batch_;
  const size_t count_;
  const std::function<SelectedSpan(size_t)>& at_;
  std::vector<Group> groups_;
  size_t request_size_ = 0;
};

}  // namespace

std::string with_trace_state(std::string_view span, std::string_view trace_state) {
  std::string out;
  out.reserve(span.size() + field_size(trace_state.size()));
  append_with_trace_state(out, span, trace_state);
  return out;
}

std::string subset(const Batch& batch, size_t count,
                   const std::function<SelectedSpan(size_t)>& at) {
  return SubsetWriter(batch, count, at).write();
}

SharedBytes accepted_bytes(const Batch& batch) {
  if (batch.rejected_spans() == 0) return batch.bytes();
  if (batch.spans().empty()) return {};
  return SharedBytes::take(subset(batch, batch.spans().size(), [&](size_t i) {
    return SelectedSpan{&batch.spans()[i], std::nullopt};
  }));
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
