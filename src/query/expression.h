// Jaeger's structured filters: a tree of what a span must be, and spans tested with it.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "otlp/batch.h"
#include "store/filter.h"

namespace clew::query {

struct Expression;

/// An entry of an attribute map. Levels are "span", "resource", "scope", "event" and "link"; empty:
/// span or resource.
struct AttributeReference {
  std::string key, level;
};
/// What the data model defines itself: "duration" of "span", "service" of "resource", ….
struct FieldReference {
  std::string name, level;
};
/// The events or links of a span, for `some`.
struct NestedReference {
  std::string level;
};
/// A constant; `type` is "string", "int", "double", "bool", or empty for any.
struct Scalar {
  std::string value, type;
};
struct List {
  std::vector<std::string> values;
  std::string type;
};
/// "and", "or", "not", "eq", "ne", "gt", "lt", "gte", "lte", "regex", "exists", "in", "not_in" or
/// "some" of its arguments.
struct Call {
  std::string op;
  std::vector<Expression> args;
};
/// Source: Jaeger RFC 0005; jaeger-idl expression/v1/expression.proto.
struct Expression {
  std::variant<AttributeReference, FieldReference, NestedReference, Scalar, List, Call> term;
};

/// Calls and constants of one filter: each is looked at for every span that is tested.
inline constexpr size_t kMostFilterNodes = 256;

/// A filter made ready for testing spans. Any thread; copies share.
///
/// What is absent satisfies no comparison, not even `ne`; only `not` turns that around. Of several
/// values under one key one must satisfy a positive comparison, and none may equal what `ne` and
/// `not_in` name. A constant without a type equals values of any type by their text. `regex` (RE2)
/// matches anywhere in the value.
class SpanPredicate {
 public:
  /// Fails with kInvalid on a wrong filter and on one that is not supported: two references or two
  /// constants compared with each other, `phrase` and `fulltext`. The message names the operator.
  static Result<SpanPredicate> compile(const Call& call);

  bool matches(const otlp::Batch& batch, const otlp::SpanRef& ref) const;

  /// Adds to `filter` what it can say of this, so that indexes leave less to test: no span that
  /// matches is kept out.
  void narrow(store::Filter& filter) const;

  struct Node;  // internal

 private:
  explicit SpanPredicate(std::shared_ptr<const Node> root) : root_(std::move(root)) {}
  std::shared_ptr<const Node> root_;
};

}  // namespace clew::query
