// What a search asks of one attribute.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "otlp/span.h"

namespace clew::store {

/// Where an attribute stands. kScope is the instrumentation scope.
enum class AttributeScope : uint8_t { kResource, kScope, kSpan, kEvent };

/// "resource", "scope", "span", "event".
std::string_view name_of(AttributeScope scope);
/// The scope of that name; nullopt if there is none.
std::optional<AttributeScope> scope_named(std::string_view name);

enum class Comparison : uint8_t {
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kMatches,     // RE2, the whole text
  kNotMatches,  // RE2, not the whole text
  kExists,
};

/// `[scope.]key comparison operand`. It is satisfied if *one* attribute under `key` in `scope` (or
/// in any scope) satisfies the comparison; what is not there satisfies none, not even !=.
///
/// Typed: a text equals only text, a bool only a bool. A number compares with ints and doubles, and
/// with texts that are wholly a decimal number, since Envoy writes its numbers as text. < and > of
/// a text operand compare texts by bytes; a bool has no order. Values of another type than these
/// are not equal, and neither less nor greater. != and !~ are satisfied by every value that = and
/// =~ are not satisfied by.
///
/// Regular expressions are RE2's and match Value::text(). `.` matches line breaks too, since stack
/// traces have them, and characters of UTF-8; a byte that is none is matched by `\C` alone.
struct Condition {
  std::optional<AttributeScope> scope;  // unset: any
  std::string key;
  Comparison comparison = Comparison::kEqual;
  std::variant<std::string, int64_t, double, bool> operand;  // no meaning for kExists
  /// An array satisfies it, too, if one of its elements does: as TraceQL has it.
  bool elements = false;

  bool operator==(const Condition&) const = default;

  /// Reads the text form of the API: `span.http.status_code >= 500`, `resource.host.name = "n1"`,
  /// `app_id=~"app-.*"`, `event.exception.type`, `scope.lib != "x"`, `cache.hit = true`. Prefixes
  /// `span.`, `resource.`, `event.` and `scope.` name the scope, `.key` or `key` any. Operators: =
  /// != < <= > >= =~ !~; a key alone asks for existence. An operand in quotes is text, `true` and
  /// `false` are bools, a number is a number, anything else is text. kInvalid names the column.
  /// The key may stand in quotes too; in quotes `\"` and `\\` are `"` and `\`, and any other `\` is
  /// itself, as regular expressions like it. After =~ and !~ the operand is always text.
  static Result<Condition> parse(std::string_view text);
  /// A text that parse() reads as this, for conditions that parse() could have made.
  std::string text() const;
};

/// A condition made ready for testing values. Any thread; copies share.
class ValueTest {
 public:
  /// Fails with kInvalid on a wrong regular expression, one past limits::kRegexBytes or
  /// kRegexMemoryBytes, one that is no text, and on the order of a bool.
  static Result<ValueTest> compile(const Condition& condition);
  /// Any type of value whose text is `text`: how Jaeger's and Zipkin's tags compare.
  static ValueTest text_equals(std::string text);

  bool accepts(const otlp::Value& value) const;

  /// False if no text can be accepted that `may_contain` says this of. It is asked whether a text
  /// may have some bytes in it, letters in either case; they are given without capitals.
  bool may_accept_text(const std::function<bool(std::string_view)>& may_contain) const;

  /// If only values with exactly this text can be accepted: the text.
  std::optional<std::string_view> exact_text() const;

 private:
  struct Compiled;
  explicit ValueTest(std::shared_ptr<const Compiled> compiled);
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace clew::store
