#include "store/condition.h"

#include <fmt/format.h>
#include <re2/filtered_re2.h>
#include <re2/re2.h>

#include <array>
#include <charconv>
#include <cmath>
#include <compare>

#include "base/limits.h"
#include "base/metrics.h"
#include "store/condition_text.h"

namespace clew::store {
namespace {

using otlp::Value;
using otlp::ValueType;
using Number = std::variant<int64_t, double>;

bool is_order(Comparison comparison) {
  return comparison == Comparison::kLess || comparison == Comparison::kLessEqual ||
         comparison == Comparison::kGreater || comparison == Comparison::kGreaterEqual;
}

bool is_regex(Comparison comparison) {
  return comparison == Comparison::kMatches || comparison == Comparison::kNotMatches;
}

/// Exact: no int64_t is rounded to a double on the way.
std::partial_ordering compare(int64_t a, double b) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (std::isnan(b)) return std::partial_ordering::unordered;
  if (b >= kTwoTo63) return std::partial_ordering::less;
  if (b < -kTwoTo63) return std::partial_ordering::greater;
  auto whole = static_cast<int64_t>(b);  // towards zero
  if (a != whole) return a <=> whole;
  return 0.0 <=> b - static_cast<double>(whole);
}

std::partial_ordering compare(const Number& a, const Number& b) {
  if (auto* x = std::get_if<int64_t>(&a)) {
    if (auto* y = std::get_if<int64_t>(&b)) return *x <=> *y;
    return compare(*x, std::get<double>(b));
  }
  double x = std::get<double>(a);
  if (auto* y = std::get_if<double>(&b)) return x <=> *y;
  return 0 <=> compare(std::get<int64_t>(b), x);
}

std::optional<Number> number_of(const Value& value) {
  if (value.type() == ValueType::kInt) return value.as_int();
  if (value.type() == ValueType::kDouble) return value.as_double();
  if (value.type() == ValueType::kString) return parse_number(value.as_bytes());
  return std::nullopt;
}

bool holds(Comparison comparison, std::partial_ordering order) {
  switch (comparison) {
    case Comparison::kEqual:
      return order == 0;
    case Comparison::kNotEqual:
      return order != 0;
    case Comparison::kLess:
      return order < 0;
    case Comparison::kLessEqual:
      return order <= 0;
    case Comparison::kGreater:
      return order > 0;
    case Comparison::kGreaterEqual:
      return order >= 0;
    case Comparison::kMatches:
    case Comparison::kNotMatches:
    case Comparison::kExists:
      break;
  }
  return false;
}

/// How the value compares with the operand; unordered if their types do not go together.
std::partial_ordering compare(const Value& value, const decltype(Condition::operand)& operand) {
  if (auto* text = std::get_if<std::string>(&operand)) {
    if (value.type() != ValueType::kString) return std::partial_ordering::unordered;
    return value.as_bytes() <=> std::string_view(*text);
  }
  if (auto* flag = std::get_if<bool>(&operand)) {
    bool equal = value.type() == ValueType::kBool && value.as_bool() == *flag;
    return equal ? std::partial_ordering::equivalent : std::partial_ordering::unordered;
  }
  std::optional<Number> number = number_of(value);
  if (!number) return std::partial_ordering::unordered;
  if (auto* integer = std::get_if<int64_t>(&operand)) return compare(*number, Number(*integer));
  return compare(*number, Number(std::get<double>(operand)));
}

/// value.text() == wanted, without making the text where that is easy.
bool has_text(const Value& value, std::string_view wanted) {
  switch (value.type()) {
    case ValueType::kEmpty:
      return wanted.empty();
    case ValueType::kString:
      return value.as_bytes() == wanted;
    case ValueType::kBool:
      return wanted == (value.as_bool() ? "true" : "false");
    case ValueType::kInt: {
      std::array<char, 24> buffer;
      auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value.as_int()).ptr;
      return wanted == std::string_view(buffer.data(), end);
    }
    case ValueType::kDouble:
    case ValueType::kArray:
    case ValueType::kMap:
    case ValueType::kBytes:
      break;
  }
  return value.text() == wanted;
}

Result<std::unique_ptr<const re2::RE2>> compile_regex(const Condition& condition) {
  const auto* pattern = std::get_if<std::string>(&condition.operand);
  if (!pattern) return fail(Code::kInvalid, "a regular expression must be a text");
  if (pattern->size() > limits::kRegexBytes) {
    metrics::count_limit_hit("regex_bytes");
    return fail(Code::kInvalid, "a regular expression of {} bytes, at most {} are allowed",
                pattern->size(), limits::kRegexBytes);
  }
  re2::RE2::Options options;
  options.set_max_mem(limits::kRegexMemoryBytes);
  options.set_encoding(re2::RE2::Options::EncodingUTF8);
  options.set_dot_nl(true);
  options.set_never_capture(true);
  options.set_log_errors(false);
  auto regex = std::make_unique<const re2::RE2>(*pattern, options);
  if (regex->error_code() == re2::RE2::ErrorPatternTooLarge)
    metrics::count_limit_hit("regex_memory_bytes");
  if (!regex->ok())
    return fail(Code::kInvalid, "wrong regular expression \"{}\": {}", *pattern, regex->error());
  return regex;
}

/// The strings without which a regular expression cannot match, as RE2 finds them.
class RequiredTexts {
 public:
  explicit RequiredTexts(const re2::RE2& regex) {
    int id = 0;
    filter_.Add(regex.pattern(), regex.options(), &id);
    filter_.Compile(&texts_);
  }

  bool may_be_met(const std::function<bool(std::string_view)>& may_contain) const {
    std::vector<int> there, potential;
    for (size_t i = 0; i < texts_.size(); ++i)
      if (may_contain(texts_[i])) there.push_back(static_cast<int>(i));
    filter_.AllPotentials(there, &potential);
    return !potential.empty();
  }

 private:
  re2::FilteredRE2 filter_;
  std::vector<std::string> texts_;
};

bool matches(const re2::RE2& regex, const Value& value) {
  if (value.type() == ValueType::kString) {
    std::string_view text = value.as_bytes();
    return re2::RE2::FullMatch({text.data(), text.size()}, regex);
  }
  return re2::RE2::FullMatch(value.text(), regex);
}

}  // namespace

/// Immutable; RE2 guards what it caches itself.
struct ValueTest::Compiled {
  Comparison comparison;
  decltype(Condition::operand) operand;
  bool any_type = false;                       // the operand is what the value's text must be
  bool elements = false;                       // arrays are satisfied by one of their elements
  std::unique_ptr<const re2::RE2> regex;       // with kMatches and kNotMatches
  std::optional<RequiredTexts> required = {};  // with kMatches
};

ValueTest::ValueTest(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}

Result<ValueTest> ValueTest::compile(const Condition& condition) {
  auto compiled = std::make_shared<Compiled>(condition.comparison, condition.operand);
  compiled->elements = condition.elements;
  if (is_order(condition.comparison) && std::holds_alternative<bool>(condition.operand))
    return fail(Code::kInvalid, "true and false have no order: use = or !=");
  if (is_regex(condition.comparison)) {
    auto regex = compile_regex(condition);
    if (!regex) return std::unexpected(regex.error());
    compiled->regex = std::move(*regex);
    if (condition.comparison == Comparison::kMatches) compiled->required.emplace(*compiled->regex);
  }
  return ValueTest(std::move(compiled));
}

ValueTest ValueTest::text_equals(std::string text) {
  return ValueTest(std::make_shared<Compiled>(Comparison::kEqual, std::move(text), true));
}

bool ValueTest::accepts(const otlp::Value& value) const {
  if (compiled_->elements && value.type() == ValueType::kArray) {
    for (const Value& element : value.elements())
      if (element.type() != ValueType::kArray && accepts(element)) return true;
  }
  switch (compiled_->comparison) {
    case Comparison::kExists:
      return true;
    case Comparison::kMatches:
      return matches(*compiled_->regex, value);
    case Comparison::kNotMatches:
      return !matches(*compiled_->regex, value);
    default:
      break;
  }
  if (compiled_->any_type) return has_text(value, std::get<std::string>(compiled_->operand));
  return holds(compiled_->comparison, compare(value, compiled_->operand));
}

bool ValueTest::may_accept_text(const std::function<bool(std::string_view)>& may_contain) const {
  return !compiled_->required || compiled_->required->may_be_met(may_contain);
}

std::optional<std::string_view> ValueTest::exact_text() const {
  if (compiled_->comparison != Comparison::kEqual || compiled_->elements) return std::nullopt;
  if (auto* text = std::get_if<std::string>(&compiled_->operand)) return *text;
  if (auto* flag = std::get_if<bool>(&compiled_->operand)) return *flag ? "true" : "false";
  return std::nullopt;  // 500 is written in many ways
}

}  // namespace clew::store
