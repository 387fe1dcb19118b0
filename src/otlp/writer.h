// Putting spans of several batches into one new request, and the answers to requests.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "otlp/batch.h"

namespace clew::otlp {

/// Collects spans and writes them as one ExportTraceServiceRequest. Spans with an equal resource
/// and scope share one ResourceSpans and ScopeSpans; groups stand in order of their first span,
/// spans of a group in the order they came. Holds views: the batches must live until finish().
class RequestWriter {
 public:
  void add(const Batch& batch, const SpanRef& ref) {
    add(batch.resource_of(ref), batch.scope_of(ref), batch.bytes_of(ref));
  }
  void add(const ResourceRef& resource, const ScopeRef& scope, std::string_view span);

  bool empty() const { return groups_.empty(); }

  /// The serialized request; the writer is empty again afterwards.
  std::string finish();

 private:
  struct ScopeGroup {
    std::string_view scope, schema_url;
    std::vector<std::string_view> spans;
  };
  struct ResourceGroup {
    std::string_view resource, schema_url;
    std::vector<ScopeGroup> scopes;
    std::map<std::tuple<std::string_view, std::string_view>, size_t> scope_index;
  };

  using Identity = std::array<std::string_view, 4>;

  ScopeGroup& group_of(const ResourceRef& resource, const ScopeRef& scope);

  std::vector<ResourceGroup> groups_;
  std::map<std::tuple<std::string_view, std::string_view>, size_t> group_index_;
  Identity last_;                 // resource and scope of the span before, …
  size_t last_group_ = kNoGroup;  // … most spans have their neighbour's
  size_t last_scope_ = 0;
  static constexpr size_t kNoGroup = SIZE_MAX;
};

/// The Span message `span` with this trace_state instead of its own; everything else stays, byte by
/// byte. The span must have passed Batch::index.
std::string with_trace_state(std::string_view span, std::string_view trace_state);

/// A span of a batch as it shall stand in a new request.
struct SelectedSpan {
  const SpanRef* ref;
  std::optional<std::string_view> trace_state;  // instead of its own
};

/// The `count` >= 1 spans that `at` gives, in the order they have in their batch, as one request
/// with the batch's own groups; equal ones in a row become one. Each is asked for twice, so that
/// the request is all that is allocated: a few bytes for each span are much beside small spans.
std::string subset(const Batch& batch, size_t count, const std::function<SelectedSpan(size_t)>& at);

/// The batch's spans as one request: its own bytes, unless they hold spans that were rejected.
SharedBytes accepted_bytes(const Batch& batch);

/// A serialized ExportTraceServiceResponse. With nothing rejected it is empty, as the OTLP
/// specification demands of a full success.
std::string export_response(size_t rejected_spans, std::string_view message);

/// What a peer said about spans of an accepted request.
struct PartialSuccess {
  uint64_t rejected_spans = 0;
  std::string message;
};

/// Reads an ExportTraceServiceResponse; foreign bytes: what cannot be read of it is ignored.
PartialSuccess parse_export_response(std::string_view bytes);

}  // namespace clew::otlp
