// Tokens of whoever talks to a control plane, kept as digests: who reads the database cannot use
// them.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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

/// A new token of 256 random bits behind `prefix`, which tells who finds one what it is. kIo where
/// there is no randomness.
Result<std::string> make_token(std::string_view prefix);
/// What is kept of a token.
std::string token_digest(std::string_view token);

/// A token that came, or went where there is no entry; by digest.
using TokenChange = std::pair<std::string, std::optional<TokenEntry>>;

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
  /// Told of every change by create() and revoke(): of a token that came once it counts, of one
  /// that goes before it does not, which an error prevents. Set before several threads use it.
  using Watcher = std::function<Result<void>(const std::vector<TokenChange>&)>;
  void watch(Watcher watcher) { watcher_ = std::move(watcher); }
  /// All that there are, and changes that came from elsewhere.
  Result<std::vector<TokenChange>> all() const;
  Result<void> change(const std::vector<TokenChange>& changes);

  /// kUnauthenticated when it is nobody's, or expired.
  Result<TokenEntry> verify(std::string_view token) const;

 private:
  TokenTable(sqlite3* database, std::string table, std::string prefix, const Clock& clock)
      : database_(database), table_(std::move(table)), prefix_(std::move(prefix)), clock_(clock) {}

  sqlite3* database_;
  const std::string table_, prefix_;
  const Clock& clock_;
  Watcher watcher_;
  mutable std::mutex mutex_;
};

}  // namespace clew::mesh
