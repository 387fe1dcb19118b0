// SQLite with results instead of codes; only what the resource store needs.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace clew::mesh {

/// Runs statements without results. Fails with kIo and SQLite's own words.
Result<void> execute(sqlite3* database, const char* sql);

/// One prepared statement; parameters are bound in their order.
class Statement {
 public:
  Statement(sqlite3* database, const char* sql);
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(std::string_view text);
  Statement& bind(uint64_t number);

  /// The next row: true if there is one. Fails with kIo.
  Result<bool> step();

  std::string text(int column) const;
  uint64_t number(int column) const;

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;  // null when the statement is wrong: step() says so
  int bound_ = 0;
};

}  // namespace clew::mesh
