// TraceQL's words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "query/traceql/ast.h"

namespace clew::query::traceql {

struct Token {
  enum class Kind : uint8_t {
    kEnd,
    kSymbol,  // `text` is one of the operators and brackets
    kWord,
    kLiteral,  // a number, duration or text
    kField,    // an attribute, or an intrinsic with its scope
    kParent,   // `parent.x`, which is not supported
  };

  Kind kind = Kind::kEnd;
  size_t column = 1;           // of its first character, from 1
  size_t begin = 0, end = 0;   // its bytes in the query
  std::string_view text = {};  // of a symbol or word
  Literal literal = {};
  Field field = {};
};

/// The longest query.
inline constexpr size_t kQueryBytes = 64 << 10;

/// All tokens of a query, the last of them kEnd. Fails with kInvalid, naming the column of what it
/// cannot read. Tokens hold views of `query`. Source: Tempo's pkg/traceql/lexer.go, by its rules.
Result<std::vector<Token>> tokenize(std::string_view query);

/// The intrinsic that a word means without a scope (`name`, `duration`); kNone if it means none.
Intrinsic intrinsic_named(std::string_view word);

/// An error at a column: "column 7: …".
std::unexpected<Error> fail_at(size_t column, std::string_view message);

}  // namespace clew::query::traceql
