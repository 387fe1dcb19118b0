// The text form of a condition.
#include "store/condition_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "store/condition.h"

namespace clew::store {
namespace {

constexpr std::array kScopes = {AttributeScope::kResource, AttributeScope::kScope,
                                AttributeScope::kSpan, AttributeScope::kEvent};

/// True if the text begins with the scope's name and a point.
bool begins_with(std::string_view text, AttributeScope scope) {
  std::string_view name = name_of(scope);
  return text.starts_with(name) && text.substr(name.size()).starts_with('.');
}

// Of two that begin alike the longer comes first.
constexpr std::array<std::pair<std::string_view, Comparison>, 8> kOperators = {{
    {"=~", Comparison::kMatches},
    {"!~", Comparison::kNotMatches},
    {"!=", Comparison::kNotEqual},
    {"<=", Comparison::kLessEqual},
    {">=", Comparison::kGreaterEqual},
    {"=", Comparison::kEqual},
    {"<", Comparison::kLess},
    {">", Comparison::kGreater},
}};

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
bool begins_operator(char c) {
  return c == '=' || c == '!' || c == '<' || c == '>';
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Condition> parse() {
    skip_space();
    read_scope();
    auto read = in_order([&] { return read_key(); }, [&] { return read_comparison(); },
                         [&] { return read_operand(); });
    if (!read) return std::unexpected(read.error());
    return std::move(condition_);
  }

 private:
  std::string_view rest() const { return text_.substr(at_); }
  bool at_end() const { return at_ == text_.size(); }
  void skip_space() {
    while (!at_end() && is_space(text_[at_])) ++at_;
  }

  /// Columns count characters, from 1.
  std::unexpected<Error> wrong(std::string_view what, size_t at) const {
    auto is_character = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };
    auto column = 1 + std::ranges::count_if(text_.substr(0, at), is_character);
    return fail(Code::kInvalid, "column {}: {}", column, what);
  }

  void read_scope() {
    if (rest().starts_with('.')) {
      ++at_;
      return;
    }
    for (AttributeScope scope : kScopes) {
      if (!begins_with(rest(), scope)) continue;
      condition_.scope = scope;
      at_ += name_of(scope).size() + 1;
      return;
    }
  }

  Result<void> read_key() {
    size_t begin = at_;
    if (rest().starts_with('"')) {
      auto key = read_quoted();
      if (!key) return std::unexpected(key.error());
      condition_.key = std::move(*key);
    } else {
      while (!at_end() && !is_space(text_[at_]) && !begins_operator(text_[at_])) ++at_;
      condition_.key = text_.substr(begin, at_ - begin);
    }
    if (condition_.key.empty()) return wrong("the key of an attribute is missing", begin);
    return {};
  }

  Result<void> read_comparison() {
    skip_space();
    condition_.comparison = Comparison::kExists;
    if (at_end()) return {};
    for (auto [name, comparison] : kOperators) {
      if (!rest().starts_with(name)) continue;
      condition_.comparison = comparison;
      operator_at_ = at_;
      at_ += name.size();
      return {};
    }
    return wrong("an operator is expected here: = != < <= > >= =~ !~", at_);
  }

  Result<void> read_operand() {
    if (condition_.comparison == Comparison::kExists) return {};
    skip_space();
    if (at_end()) return wrong("a value is missing after the operator", at_);
    if (rest().starts_with('"')) return read_text_operand();
    if (begins_operator(rest().front()) || rest().front() == '~')
      return wrong("there is no such operator, only = != < <= > >= =~ !~", operator_at_);
    std::string_view word = rest();
    while (is_space(word.back())) word.remove_suffix(1);
    at_ = text_.size();
    bool is_regex = condition_.comparison == Comparison::kMatches ||
                    condition_.comparison == Comparison::kNotMatches;
    auto number = parse_number(word);
    if (is_regex || (word != "true" && word != "false" && !number))
      condition_.operand = std::string(word);
    else if (!number)
      return set_bool(word == "true");
    else
      std::visit([&](auto value) { condition_.operand = value; }, *number);
    return {};
  }

  Result<void> read_text_operand() {
    auto text = read_quoted();
    if (!text) return std::unexpected(text.error());
    skip_space();
    if (!at_end()) return wrong("nothing may follow the closing quote", at_);
    condition_.operand = std::move(*text);
    return {};
  }

  Result<void> set_bool(bool value) {
    condition_.operand = value;
    if (condition_.comparison == Comparison::kEqual ||
        condition_.comparison == Comparison::kNotEqual)
      return {};
    return wrong("true and false have no order: use = or !=", operator_at_);
  }

  /// What stands between the quote at the place of reading and the next.
  Result<std::string> read_quoted() {
    size_t begin = at_++;
    std::string out;
    for (; !at_end() && text_[at_] != '"'; ++at_) {
      bool escapes =
          text_[at_] == '\\' && (rest().substr(1, 1) == "\"" || rest().substr(1, 1) == "\\");
      if (escapes) ++at_;
      out += text_[at_];
    }
    if (at_end()) return wrong("this quote is not closed", begin);
    ++at_;
    return out;
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t operator_at_ = 0;
  Condition condition_;
};

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string key_text(const Condition& condition) {
  const std::string& key = condition.key;
  std::string out;
  if (condition.scope)
    out = fmt::format("{}.", name_of(*condition.scope));
  else if (key.starts_with('.') ||
           std::ranges::any_of(kScopes, [&](auto scope) { return begins_with(key, scope); }))
    out = ".";
  bool is_plain = !key.starts_with('"') && std::ranges::none_of(key, [](char c) {
    return is_space(c) || begins_operator(c);
  });
  return out + (is_plain ? key : quoted(key));
}

std::string operand_text(const std::string& text) {
  return quoted(text);
}
std::string operand_text(int64_t number) {
  return fmt::format("{}", number);
}
std::string operand_text(bool value) {
  return value ? "true" : "false";
}
/// Has a point or an exponent, or it would be read as an int.
std::string operand_text(double number) {
  std::string out = fmt::format("{}", number);
  if (out.find_first_not_of("-0123456789") == std::string::npos) out += ".0";
  return out;
}

}  // namespace

std::string_view name_of(AttributeScope scope) {
  switch (scope) {
    case AttributeScope::kResource:
      return "resource";
    case AttributeScope::kScope:
      return "scope";
    case AttributeScope::kSpan:
      return "span";
    case AttributeScope::kEvent:
      break;
  }
  return "event";
}

std::optional<AttributeScope> scope_named(std::string_view name) {
  for (AttributeScope scope : kScopes)
    if (name == name_of(scope)) return scope;
  return std::nullopt;
}

std::optional<std::variant<int64_t, double>> parse_number(std::string_view text) {
  // from_chars reads "inf" and "nan" too: a number begins with a digit or a point.
  std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || (digits[0] != '.' && (digits[0] < '0' || digits[0] > '9')))
    return std::nullopt;
  const char* end = text.data() + text.size();
  int64_t integer = 0;
  auto as_integer = std::from_chars(text.data(), end, integer);
  if (as_integer.ec == std::errc() && as_integer.ptr == end) return integer;
  double real = 0;
  auto as_real = std::from_chars(text.data(), end, real);
  if (as_real.ec == std::errc() && as_real.ptr == end) return real;
  return std::nullopt;
}

Result<Condition> Condition::parse(std::string_view text) {
  return Parser(text).parse();
}

std::string Condition::text() const {
  std::string out = key_text(*this);
  for (auto [name, operation] : kOperators)
    if (comparison == operation)
      out +=
          fmt::format(" {} {}", name,
                      std::visit([](const auto& value) { return operand_text(value); }, operand));
  return out;
}

}  // namespace clew::store
