// A compiled filter. Internal: for expression*.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "otlp/span.h"
#include "query/expression.h"
#include "store/condition.h"

namespace clew::query {

enum class Level : uint8_t { kSpanOrResource, kSpan, kResource, kScope, kEvent, kLink };

/// How a field's constants are written and compared.
enum class FieldType : uint8_t { kText, kKind, kStatus, kTraceId, kSpanId, kDuration, kTime };

/// The built-in fields (RFC 0005, 5.2).
enum class Field : uint8_t {
  kTraceId,
  kSpanId,
  kParentSpanId,
  kTraceState,
  kName,
  kKind,
  kStartTime,
  kEndTime,
  kStatus,
  kStatusMessage,
  kDuration,
  kService,
  kResourceSchemaUrl,
  kScopeName,
  kScopeVersion,
  kScopeSchemaUrl,
  kEventName,
  kEventTime,
  kEventTimeSinceStart,
  kLinkTraceId,
  kLinkSpanId,
  kLinkTraceState,
};

/// One constant that a value is compared with.
struct ConstantTest {
  std::optional<store::ValueTest> value = {};     // of text and attributes
  std::optional<otlp::ValueType> only_type = {};  // the constant has a type
  store::Comparison comparison = store::Comparison::kEqual;
  uint64_t number = 0;  // of durations and times, nanoseconds

  bool accepts(const otlp::Value& tested) const {
    return (!only_type || tested.type() == *only_type) && value && value->accepts(tested);
  }
  bool accepts(uint64_t tested) const;
};

struct SpanPredicate::Node {
  enum class Op : uint8_t { kAnd, kOr, kNot, kSome, kExists, kAnyOf, kNoneOf };

  Op op;
  std::vector<Node> children = {};  // of kAnd, kOr, kNot, kSome

  // What is compared, and of kSome the level of the elements.
  Level level = Level::kSpanOrResource;
  std::string key = {};                  // of an attribute
  std::optional<Field> field = {};       // else an attribute
  std::vector<ConstantTest> tests = {};  // one of them must accept

  // For narrow(), if there is one constant.
  std::optional<store::Condition> condition = {};  // its key and scope are not set
  std::optional<std::string> text = {};            // a constant of any type, compared by `eq`
};

}  // namespace clew::query
