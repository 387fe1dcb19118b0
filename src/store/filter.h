// What a search asks of a span.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "otlp/batch.h"

namespace clew::store {

/// An attribute by its key and the text of its value (otlp::Value::text), so `503` finds the
/// integer as well as the string.
struct Tag {
  std::string key;
  std::string value;

  auto operator<=>(const Tag&) const = default;
};

/// A trace matches if at least one of its spans satisfies everything that is set here. That is what
/// Jaeger's own memory storage does.
///
/// A tag is looked for among the attributes of the span, of its events, of its resource and of its
/// scope. Some keys are also answered from the span's own fields, as Jaeger's users know them:
/// `error` (`true`, or `false` for spans that are none), `span.kind` (`server`, …),
/// `otel.status_code` and `status_code` (`OK`, `ERROR`, `UNSET`, in either case),
/// `otel.status_description`, `otel.scope.name`, `otel.scope.version`.
struct Filter {
  std::string service;    // empty: any
  std::string operation;  // the span's name; empty: any
  std::optional<otlp::SpanKind> kind;
  std::vector<Tag> tags;                 // all of them; at most limits::kTagsPerQuery
  std::optional<uint64_t> min_duration;  // nanoseconds, inclusive
  std::optional<uint64_t> max_duration;  // nanoseconds, inclusive
  UnixNanos start_min = 0;               // of the span, inclusive
  UnixNanos start_max = UINT64_MAX;      // inclusive

  /// True if nothing but the start range is asked for.
  bool only_time() const {
    return service.empty() && operation.empty() && !kind && tags.empty() && !min_duration &&
           !max_duration;
  }
};

/// Hash of a tag's key and the text of its value, for filters. Never 0.
uint64_t tag_hash(std::string_view key, std::string_view value);

/// True for the keys that a span's own fields answer too (see Filter).
bool is_field_tag(std::string_view key);

/// Tests the spans of one batch. Fast for neighbours with the same resource. Holds views of both.
class SpanMatcher {
 public:
  SpanMatcher(const Filter& filter, const otlp::Batch& batch) : filter_(filter), batch_(batch) {}

  /// True if the span satisfies everything the filter asks.
  bool matches(const otlp::SpanRef& ref);

 private:
  bool matches_fields(const otlp::Span& span) const;
  uint32_t tags_of_resource(uint32_t resource);

  const Filter& filter_;
  const otlp::Batch& batch_;
  uint32_t resource_ = UINT32_MAX;  // whose tags are known
  uint32_t resource_tags_ = 0;      // a bit for each tag of the filter
};

static_assert(limits::kTagsPerQuery <= 32);

}  // namespace clew::store
