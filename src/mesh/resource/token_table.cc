#include "mesh/resource/token_table.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <utility>

#include "base/hex.h"
#include "mesh/resource/sqlite.h"

namespace clew::mesh {
namespace {}  // namespace

std::string token_digest(std::string_view token) {
  // The token is as random as the digest is long, so nothing slower than SHA-256 is called for.
  std::array<unsigned char, EVP_MAX_MD_SIZE> out;
  unsigned int size = 0;
  EVP_Digest(token.data(), token.size(), out.data(), &size, EVP_sha256(), nullptr);
  return hex_text({reinterpret_cast<const char*>(out.data()), size});
}

Result<std::string> make_token(std::string_view prefix) {
  std::array<unsigned char, 32> random;
  if (RAND_bytes(random.data(), random.size()) != 1)
    return fail(Code::kIo, "there is no randomness for a token");
  return std::string(prefix) +
         hex_text({reinterpret_cast<const char*>(random.data()), random.size()});
}

Result<std::unique_ptr<TokenTable>> TokenTable::open(const std::string& path, std::string table,
                                                     std::string prefix, const Clock& clock) {
  sqlite3* database = nullptr;
  int code =
      sqlite3_open_v2(path.c_str(), &database,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr);
  std::unique_ptr<TokenTable> tokens(
      new TokenTable(database, std::move(table), std::move(prefix), clock));
  if (code != SQLITE_OK) return fail(Code::kIo, "cannot open {}", path);
  sqlite3_busy_timeout(database, 5000);  // ms
  auto sql = fmt::format(
      "PRAGMA synchronous = FULL;"
      "CREATE TABLE IF NOT EXISTS {0} (digest TEXT PRIMARY KEY, subject TEXT NOT NULL, "
      "granted TEXT NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;"
      "CREATE INDEX IF NOT EXISTS {0}_of ON {0} (subject)",
      tokens->table_);
  if (auto made = execute(database, sql.c_str()); !made) return std::unexpected(made.error());
  return tokens;
}

TokenTable::~TokenTable() {
  sqlite3_close_v2(database_);
}

Result<std::string> TokenTable::create(const std::string& subject, const std::string& grant,
                                       uint64_t valid_for_ns) {
  auto token = make_token(prefix_);
  if (!token) return token;
  UnixNanos now = clock_.now();
  TokenEntry entry{subject, grant, now, valid_for_ns == 0 ? 0 : now + valid_for_ns};
  std::vector<TokenChange> changes = {{token_digest(*token), std::move(entry)}};
  {
    std::lock_guard lock(mutex_);
    auto forget = fmt::format("DELETE FROM {} WHERE expires != 0 AND expires <= ?", table_);
    Statement expired(database_, forget.c_str());
    if (auto done = expired.bind(now).step(); !done) return std::unexpected(done.error());
  }
  if (auto done = change(changes); !done) return std::unexpected(done.error());
  if (watcher_)
    if (auto told = watcher_(changes); !told) return std::unexpected(told.error());
  return token;
}

Result<void> TokenTable::revoke(const std::string& subject) {
  auto known = all();
  if (!known) return std::unexpected(known.error());
  std::erase_if(*known, [&](const TokenChange& each) { return each.second->subject != subject; });
  if (known->empty()) return fail(Code::kNotFound, "{} has no token", subject);
  for (TokenChange& each : *known) each.second.reset();
  if (watcher_)
    if (auto told = watcher_(*known); !told) return told;
  return change(*known);
}

Result<std::vector<TokenChange>> TokenTable::all() const {
  std::lock_guard lock(mutex_);
  auto sql = fmt::format("SELECT subject, granted, created, expires, digest FROM {}", table_);
  Statement rows(database_, sql.c_str());
  std::vector<TokenChange> changes;
  while (true) {
    auto row = rows.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return changes;
    TokenEntry entry{rows.text(0), rows.text(1), rows.number(2), rows.number(3)};
    changes.emplace_back(rows.text(4), std::move(entry));
  }
}

Result<void> TokenTable::change(const std::vector<TokenChange>& changes) {
  auto insert = fmt::format("INSERT OR REPLACE INTO {} VALUES (?, ?, ?, ?, ?)", table_);
  auto erase = fmt::format("DELETE FROM {} WHERE digest = ?", table_);
  std::lock_guard lock(mutex_);
  if (auto begun = execute(database_, "BEGIN IMMEDIATE"); !begun) return begun;
  Result<void> done;
  for (const auto& [digest, entry] : changes) {
    if (!done) break;
    Statement statement(database_, entry ? insert.c_str() : erase.c_str());
    statement.bind(digest);
    if (entry) statement.bind(entry->subject).bind(entry->grant).bind(entry->created);
    if (entry) statement.bind(entry->expires);
    if (auto put = statement.step(); !put) done = std::unexpected(put.error());
  }
  auto ended = execute(database_, done ? "COMMIT" : "ROLLBACK");
  return done ? ended : done;
}

Result<std::vector<TokenEntry>> TokenTable::list() const {
  std::lock_guard lock(mutex_);
  auto sql = fmt::format(
      "SELECT subject, granted, created, expires FROM {} WHERE expires = 0 OR expires > ? "
      "ORDER BY subject, created",
      table_);
  Statement rows(database_, sql.c_str());
  rows.bind(clock_.now());
  std::vector<TokenEntry> entries;
  while (true) {
    auto row = rows.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return entries;
    entries.push_back({rows.text(0), rows.text(1), rows.number(2), rows.number(3)});
  }
}

Result<TokenEntry> TokenTable::verify(std::string_view token) const {
  std::lock_guard lock(mutex_);
  auto sql =
      fmt::format("SELECT subject, granted, created, expires FROM {} WHERE digest = ?", table_);
  Statement rows(database_, sql.c_str());
  auto row = rows.bind(token_digest(token)).step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return fail(Code::kUnauthenticated, "this token is nobody's");
  TokenEntry entry{rows.text(0), rows.text(1), rows.number(2), rows.number(3)};
  if (entry.expires != 0 && entry.expires <= clock_.now())
    return fail(Code::kUnauthenticated, "this token of {} has expired", entry.subject);
  return entry;
}

}  // namespace clew::mesh
