#include "query/traceql/lexer.h"

#include <absl/strings/numbers.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "base/limits.h"
#include "query/traceql/lexer_text.h"

namespace clew::query::traceql {
namespace {

struct ScopeName {
  std::string_view name;
  Scope scope;
};
constexpr std::array<ScopeName, 5> kScopes = {{
    {"span", Scope::kSpan},
    {"resource", Scope::kResource},
    {"event", Scope::kEvent},
    {"link", Scope::kLink},
    {"instrumentation", Scope::kInstrumentation},
}};

struct IntrinsicName {
  std::string_view scope, name;
  Intrinsic intrinsic;
  std::string_view word;  // without a scope; empty: there is none
};
constexpr std::array<IntrinsicName, 21> kIntrinsics = {{
    {"span", "name", Intrinsic::kName, "name"},
    {"span", "duration", Intrinsic::kDuration, "duration"},
    {"span", "status", Intrinsic::kStatus, "status"},
    {"span", "statusMessage", Intrinsic::kStatusMessage, "statusMessage"},
    {"span", "kind", Intrinsic::kKind, "kind"},
    {"span", "id", Intrinsic::kSpanId, ""},
    {"span", "parentID", Intrinsic::kParentId, ""},
    {"span", "childCount", Intrinsic::kChildCount, ""},
    {"trace", "duration", Intrinsic::kTraceDuration, "traceDuration"},
    {"trace", "rootName", Intrinsic::kRootName, "rootName"},
    {"trace", "rootService", Intrinsic::kRootService, "rootServiceName"},
    {"trace", "id", Intrinsic::kTraceId, ""},
    {"event", "name", Intrinsic::kEventName, ""},
    {"event", "timeSinceStart", Intrinsic::kEventTimeSinceStart, ""},
    {"link", "spanID", Intrinsic::kLinkSpanId, ""},
    {"link", "traceID", Intrinsic::kLinkTraceId, ""},
    {"instrumentation", "name", Intrinsic::kInstrumentationName, ""},
    {"instrumentation", "version", Intrinsic::kInstrumentationVersion, ""},
    {"", "nestedSetLeft", Intrinsic::kNestedSetLeft, "nestedSetLeft"},
    {"", "nestedSetRight", Intrinsic::kNestedSetRight, "nestedSetRight"},
    {"", "nestedSetParent", Intrinsic::kNestedSetParent, "nestedSetParent"},
}};

// Of those that begin alike the longest comes first.
constexpr std::array<std::string_view, 37> kSymbols = {
    "!>>", "!<<", "&>>", "&<<", "&&", "||", "!=", "!~", "!>", "!<", "=~", ">=", "<=",
    ">>",  "<<",  "&>",  "&<",  "&~", "{",  "}",  "(",  ")",  ",",  "=",  ">",  "<",
    "+",   "-",   "*",   "/",   "%",  "^",  "!",  "~",  "|",  "[",  "]"};

bool is_scope_with_intrinsics(std::string_view word) {
  return std::ranges::any_of(kIntrinsics,
                             [&](const IntrinsicName& known) { return known.scope == word; });
}

class Lexer {
 public:
  explicit Lexer(std::string_view query) : query_(query) {}

  Result<std::vector<Token>> run() {
    while (true) {
      if (auto skipped = skip_space(); !skipped) return std::unexpected(skipped.error());
      begin_token();
      if (at_ == query_.size()) return std::move(tokens_);
      auto read = read_token();
      if (!read) return std::unexpected(read.error());
      tokens_.back().end = at_;
    }
  }

 private:
  char peek(size_t ahead = 0) const {
    return at_ + ahead < query_.size() ? query_[at_ + ahead] : '\0';
  }
  std::string_view rest() const { return query_.substr(at_); }
  /// The column of a byte; asked in ascending order.
  size_t column_of(size_t byte) {
    column_ += count_characters(query_.substr(counted_, byte - counted_));
    counted_ = byte;
    return column_;
  }
  Token& token() { return tokens_.back(); }
  void begin_token() { tokens_.push_back({.column = column_of(at_), .begin = at_, .end = at_}); }

  Result<void> skip_space() {
    while (at_ < query_.size()) {
      if (is_space(peek())) {
        ++at_;
      } else if (rest().starts_with("//")) {
        at_ = std::min(query_.find('\n', at_), query_.size());
      } else if (rest().starts_with("/*")) {
        size_t end = query_.find("*/", at_ + 2);
        if (end == std::string_view::npos)
          return fail_at(column_of(at_), "the comment has no end: */ is missing");
        at_ = end + 2;
      } else {
        break;
      }
    }
    return {};
  }

  Result<void> read_token() {
    char c = peek();
    if (c == '"' || c == '`') return read_text();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return read_number();
    if (c == '.') {
      ++at_;
      return read_attribute(Scope::kAny);
    }
    if (is_word(c, true)) return read_word();
    for (std::string_view symbol : kSymbols) {
      if (!rest().starts_with(symbol)) continue;
      token().kind = Token::Kind::kSymbol;
      token().text = symbol;
      at_ += symbol.size();
      return {};
    }
    return fail_at(token().column, "unexpected character");
  }

  Result<void> read_text() {
    token().kind = Token::Kind::kLiteral;
    token().literal.type = Type::kString;
    size_t length = 0;
    auto text = unquote(rest(), length);
    if (!text) return fail_at(token().column, text.error().message);
    token().literal.text = *std::move(text);
    at_ += length;
    return {};
  }

  Result<void> read_number() {
    size_t length = 0;
    auto number = number_at(rest(), length);
    if (!number) return fail_at(token().column, number.error().message);
    token().kind = Token::Kind::kLiteral;
    token().literal = *std::move(number);
    at_ += length;
    return {};
  }

  Result<void> read_word() {
    size_t begin = at_;
    while (at_ < query_.size() && is_word(peek(), false)) ++at_;
    std::string_view word = query_.substr(begin, at_ - begin);
    if (peek() == ':' && is_scope_with_intrinsics(word)) return read_intrinsic(word);
    if (peek() == '.') {
      if (word == "parent") {
        ++at_;
        token().kind = Token::Kind::kParent;
        return read_name(token().field.key);
      }
      for (const ScopeName& known : kScopes) {
        if (known.name != word) continue;
        ++at_;
        return read_attribute(known.scope);
      }
    }
    if (word == "minInt" || word == "maxInt") {
      token().kind = Token::Kind::kLiteral;
      using Limits = std::numeric_limits<int64_t>;
      token().literal = {.type = Type::kInt,
                         .integer = word == "minInt" ? Limits::min() : Limits::max()};
      return {};
    }
    token().kind = Token::Kind::kWord;
    token().text = word;
    return {};
  }

  Result<void> read_intrinsic(std::string_view scope) {
    size_t begin = ++at_;
    while (at_ < query_.size() && is_word(peek(), false)) ++at_;
    std::string_view name = query_.substr(begin, at_ - begin);
    for (const IntrinsicName& known : kIntrinsics) {
      if (known.scope != scope || known.name != name) continue;
      token().kind = Token::Kind::kField;
      token().field = {.intrinsic = known.intrinsic,
                       .spelling = std::string(query_.substr(token().begin, at_ - token().begin))};
      return {};
    }
    return fail_at(column_of(begin), fmt::format("{} has no intrinsic \"{}\"", scope, name));
  }

  Result<void> read_attribute(Scope scope) {
    token().kind = Token::Kind::kField;
    token().field.scope = scope;
    auto read = read_name(token().field.key);
    token().field.spelling = query_.substr(token().begin, at_ - token().begin);
    return read;
  }

  Result<void> read_name(std::string& name) {
    while (at_ < query_.size()) {
      if (peek() == '"') {
        size_t column = column_of(at_);
        size_t length = 0;
        auto part = unquote_name(rest(), length);
        if (!part) return fail_at(column, part.error().message);
        name += *part;
        at_ += length;
      } else if (is_name(query_, at_)) {
        name += query_[at_++];
      } else {
        break;
      }
    }
    if (name.empty()) return fail_at(token().column, "the attribute has no name");
    return {};
  }

  std::string_view query_;
  size_t at_ = 0;
  size_t counted_ = 0, column_ = 1;  // the column of the byte `counted_`
  std::vector<Token> tokens_;
};

}  // namespace

std::unexpected<Error> fail_at(size_t column, std::string_view message) {
  return fail(Code::kInvalid, "column {}: {}", column, message);
}

Intrinsic intrinsic_named(std::string_view word) {
  for (const IntrinsicName& known : kIntrinsics)
    if (!word.empty() && known.word == word) return known.intrinsic;
  return Intrinsic::kNone;
}

std::string label_of(const Field& field) {
  if (field.intrinsic == Intrinsic::kNone) return field.spelling;
  for (const IntrinsicName& known : kIntrinsics)
    if (known.intrinsic == field.intrinsic && !known.word.empty()) return std::string(known.word);
  return field.spelling;
}

Result<std::vector<Token>> tokenize(std::string_view query) {
  if (query.size() > kQueryBytes)
    return fail(Code::kInvalid, "a query of {} bytes, at most {} are allowed", query.size(),
                kQueryBytes);
  return Lexer(query).run();
}

}  // namespace clew::query::traceql
