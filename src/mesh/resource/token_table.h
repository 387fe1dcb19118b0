// Tokens of whoever talks to a control plane, kept as digests: who reads the database cannot use
// them.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

struct sqlite3;

namespace clew::mesh {

/// What one token stands for.
struct TokenEntry {
  std::string subject;  // whose it is
  std::string grant;    // what it allows; a word of the owner of the table
  UnixNanos created = 0;
  UnixNanos expires = 0;  // 0: never
};

/// One table of tokens in a database that others use as well. Any thread may use it.
class TokenTable {
 public:
  /// `table` is a name of SQL; `prefix` begins every token, so that who finds one knows what it is.
  /// Fails with kIo.
  static Result<std::unique_ptr<TokenTable>> open(const std::string& path, std::string table,
                                                  std::string prefix, const Clock& clock);
  ~TokenTable();

  /// A new token of 256 random bits. `valid_for_ns` 0: for ever.
  Result<std::string> create(const std::string& subject, const std::string& grant,
                             uint64_t valid_for_ns);
  /// All of a subject; kNotFound when it has none.
  Result<void> revoke(const std::string& subject);
  /// Those that have not expired, by subject.
  Result<std::vector<TokenEntry>> list() const;
  /// kUnauthenticated when it is nobody's, or expired.
  Result<TokenEntry> verify(std::string_view token) const;

 private:
  TokenTable(sqlite3* database, std::string table, std::string prefix, const Clock& clock)
      : database_(database), table_(std::move(table)), prefix_(std::move(prefix)), clock_(clock) {}

  sqlite3* database_;
  const std::string table_, prefix_;
  const Clock& clock_;
  mutable std::mutex mutex_;
};

}  // namespace clew::mesh
