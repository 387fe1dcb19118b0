// What a search asks of a span.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "otlp/batch.h"
#include "store/condition.h"

namespace clew::store {

/// An attribute by its key and the text of its value (otlp::Value::text), so `503` finds the
/// integer as well as the string.
struct Tag {
  std::string key;
  std::string value;

  auto operator<=>(const Tag&) const = default;
};

/// A trace matches if at least one of its spans satisfies everything that is set here, and the
/// trace as a whole has the duration asked for. That is what Jaeger's own memory storage does.
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
  std::optional<otlp::StatusCode> status;
  std::vector<Tag> tags;                       // all of them; with conditions limits::kTagsPerQuery
  std::vector<Condition> conditions;           // all of them
  std::optional<uint64_t> min_duration;        // of the span, nanoseconds, inclusive
  std::optional<uint64_t> max_duration;        // of the span, nanoseconds, inclusive
  std::optional<uint64_t> min_trace_duration;  // earliest start to latest end, inclusive
  std::optional<uint64_t> max_trace_duration;
  UnixNanos start_min = 0;           // of the span, inclusive
  UnixNanos start_max = UINT64_MAX;  // inclusive

  /// True if nothing but the start range is asked of a span.
  bool only_time() const {
    return service.empty() && operation.empty() && !kind && !status && tags.empty() &&
           conditions.empty() && !min_duration && !max_duration;
  }
};

/// One tag or condition made ready: what an attribute, or a field in its place, must be.
struct Term {
  std::string key;
  std::optional<AttributeScope> scope;  // unset: any
  ValueTest test;
  std::optional<Tag> field;  // a tag that the span's own fields answer too (is_field_tag)
};

/// A filter with everything compiled that can be. Immutable; any thread.
class Query {
 public:
  /// Fails with kInvalid on a wrong condition (ValueTest::compile), which it names, and past
  /// limits::kTagsPerQuery.
  static Result<Query> compile(Filter filter);

  const Filter& filter() const { return filter_; }
  const std::vector<Term>& terms() const { return terms_; }  // tags, then conditions

 private:
  Query() = default;

  Filter filter_;
  std::vector<Term> terms_;
};

/// True for the keys that a span's own fields answer too (see Filter).
bool is_field_tag(std::string_view key);

/// True if a field of the span is what the tag asks; `scope` is the span's.
bool field_has_tag(const otlp::Span& span, const otlp::ScopeRef& scope, const Tag& tag);

/// True if an attribute satisfies the term.
bool satisfies(const otlp::AttributeRange& attributes, const Term& term);

/// Tests the spans of one batch: what a match *is*; indexes only find it faster. Fast for
/// neighbours with the same resource. Holds views of both.
class SpanMatcher {
 public:
  SpanMatcher(const Query& query, const otlp::Batch& batch) : query_(query), batch_(batch) {}

  /// True if the span satisfies everything the query asks of a span.
  bool matches(const otlp::SpanRef& ref);

 private:
  bool matches_fields(const otlp::Span& span) const;
  bool satisfies_term(const otlp::SpanRef& ref, const otlp::Span& span, size_t term);
  uint32_t terms_of_resource(uint32_t resource);

  const Query& query_;
  const otlp::Batch& batch_;
  uint32_t resource_ = UINT32_MAX;  // whose terms are known
  uint32_t resource_terms_ = 0;     // a bit for each term of the query
};

static_assert(limits::kTagsPerQuery <= 32);

}  // namespace clew::store
