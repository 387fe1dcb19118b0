// Texts and numbers of TraceQL, which are Go's. Internal: for the lexer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "query/traceql/ast.h"

namespace clew::query::traceql {

inline bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
/// Whether a word goes on, or begins, with this.
inline bool is_word(char c, bool first) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!first && is_digit(c)) ||
         static_cast<unsigned char>(c) >= 0x80;
}
/// Whether the byte there is part of an attribute's name.
bool is_name(std::string_view text, size_t at);
/// Characters of UTF-8; a byte that belongs to none counts as one.
size_t count_characters(std::string_view text);

/// The text whose quote, " or `, begins `rest`; `length` is set to its bytes with the quotes.
/// Source: the Go specification, "String literals".
Result<std::string> unquote(std::string_view rest, size_t& length);
/// The part of an attribute's name whose quote begins `rest`: only \" and \\ are escapes.
Result<std::string> unquote_name(std::string_view rest, size_t& length);

/// The number or duration that begins `rest`, which begins with a digit or a point and a digit;
/// `length` is set to its bytes. Durations are Go's, or Prometheus' (with d, w and y).
Result<Literal> number_at(std::string_view rest, size_t& length);

}  // namespace clew::query::traceql
