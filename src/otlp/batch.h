// The one internal form: an export request's bytes as received, and an index of the spans in them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "otlp/span.h"
#include "otlp/value.h"

namespace clew::otlp {

/// Where one span lies in its batch.
struct SpanRef {
  TraceId trace_id;
  uint32_t offset;    // of the Span message, without its tag and length
  uint32_t size;      // bytes
  uint32_t resource;  // index into Batch::resources()
  uint32_t scope;     // index into Batch::scopes()
};

/// One ResourceSpans' resource.
struct ResourceRef {
  std::string_view bytes;         // the Resource message; empty if there was none
  std::string_view schema_url;    // of the ResourceSpans
  std::string_view service_name;  // attribute service.name; empty if there is none

  AttributeRange attributes() const { return {bytes, fields::resource::kAttributes}; }
};

/// One ScopeSpans' instrumentation scope.
struct ScopeRef {
  std::string_view bytes;       // the InstrumentationScope message; empty if there was none
  std::string_view schema_url;  // of the ScopeSpans
  std::string_view name;
  std::string_view version;

  AttributeRange attributes() const { return {bytes, fields::scope::kAttributes}; }
};

/// One accepted export request: its bytes, kept as received, and where each span lies in them.
/// Immutable once built, so any thread may read it; copies share bytes and index.
class Batch {
 public:
  /// An empty batch.
  Batch();

  /// Walks `bytes` (a serialized ExportTraceServiceRequest) once, checks the framing and wire type
  /// of every field it knows down to the last nested value, and records every span's place. Spans
  /// without a trace ID or span ID (absent or all zero) are left out and counted in
  /// rejected_spans(). Fails with kMalformed and the byte offset of the first bad field, also for
  /// an ID of another length than 16 or 8 bytes; with kTooLarge past limits::kSpansPerRequest,
  /// kGroupsPerRequest or kValueDepth. Source: opentelemetry-proto v1, trace_service.proto.
  static Result<Batch> index(SharedBytes bytes);

  const SharedBytes& bytes() const { return index_->bytes; }
  std::span<const SpanRef> spans() const { return index_->spans; }  // in arrival order
  /// Those with a span in spans(), in arrival order.
  std::span<const ResourceRef> resources() const { return index_->resources; }
  std::span<const ScopeRef> scopes() const { return index_->scopes; }
  size_t rejected_spans() const { return index_->rejected_spans; }

  // Whether it is worth looking for what few spans have; noticed on the way, so asking is free.
  /// False: no attribute is named sampling.priority.
  bool may_have_sampling_priority() const { return index_->may_have_sampling_priority; }
  /// False: no span has a trace_state.
  bool may_have_trace_state() const { return index_->may_have_trace_state; }

  /// What the batch keeps in memory: its bytes and their index.
  size_t memory_bytes() const;

  /// The Span message, without its tag and length.
  std::string_view bytes_of(const SpanRef& ref) const {
    return index_->bytes.view().substr(ref.offset, ref.size);
  }
  Span decode(const SpanRef& ref) const { return Span::decode(bytes_of(ref)); }
  const ResourceRef& resource_of(const SpanRef& ref) const {
    return index_->resources[ref.resource];
  }
  const ScopeRef& scope_of(const SpanRef& ref) const { return index_->scopes[ref.scope]; }

 private:
  friend class Indexer;
  struct Index {
    SharedBytes bytes;
    std::vector<SpanRef> spans;
    std::vector<ResourceRef> resources;
    std::vector<ScopeRef> scopes;
    size_t rejected_spans = 0;
    bool may_have_sampling_priority = false;
    bool may_have_trace_state = false;
  };

  explicit Batch(std::shared_ptr<const Index> index) : index_(std::move(index)) {}

  std::shared_ptr<const Index> index_;
};

}  // namespace clew::otlp
