// The parser's place in the tokens. Internal: for parse*.cc.
#pragma once

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "query/traceql/lexer.h"

namespace clew::query::traceql {

/// Parts of one query: each is a level of recursion in the worst case.
inline constexpr size_t kMostNodes = 1000;

class Cursor {
 public:
  Cursor(std::string_view query, std::vector<Token> tokens)
      : query_(query), tokens_(std::move(tokens)) {}

  const Token& peek() const { return tokens_[at_]; }
  const Token& next() { return tokens_[at_++]; }
  bool at_symbol(std::string_view symbol) const {
    return peek().kind == Token::Kind::kSymbol && peek().text == symbol;
  }
  bool at_word(std::string_view word) const {
    return peek().kind == Token::Kind::kWord && peek().text == word;
  }
  /// Steps over the symbol if it is there.
  bool accept(std::string_view symbol) {
    bool there = at_symbol(symbol);
    at_ += there ? 1 : 0;
    return there;
  }
  Result<void> expect(std::string_view symbol) {
    if (accept(symbol)) return {};
    return unexpected(fmt::format("\"{}\"", symbol));
  }

  /// The query from the token that begins at byte `begin` to the last that was stepped over.
  std::string text_since(size_t begin) const {
    return std::string(query_.substr(begin, tokens_[at_ - 1].end - begin));
  }

  /// That what stands here is not what must.
  std::unexpected<Error> unexpected(std::string_view wanted) const {
    const Token& token = peek();
    if (token.kind == Token::Kind::kEnd)
      return fail_at(token.column, fmt::format("the query ends here, but {} must follow", wanted));
    std::string_view found = query_.substr(token.begin, std::min(token.end - token.begin, 40UL));
    return fail_at(token.column, fmt::format("unexpected {}, {} must stand here", found, wanted));
  }

  /// Counts one more part of the query.
  Result<void> count_node() {
    if (++nodes_ <= kMostNodes) return {};
    return fail_at(peek().column, fmt::format("the query has more than {} parts", kMostNodes));
  }

 private:
  std::string_view query_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  size_t nodes_ = 0;
};

}  // namespace clew::query::traceql
