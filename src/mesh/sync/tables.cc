#include "mesh/sync/tables.h"

#include <openssl/rand.h>

#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "base/hex.h"
#include "mesh/resource/sqlite.h"

namespace clew::mesh::sync {
namespace {

constexpr char kSchema[] = R"sql(
CREATE TABLE IF NOT EXISTS sync_self (id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sync_items (
  scope TEXT NOT NULL, kind TEXT NOT NULL, mesh TEXT NOT NULL, name TEXT NOT NULL,
  time INTEGER NOT NULL, origin TEXT NOT NULL, content TEXT NOT NULL,
  PRIMARY KEY (scope, kind, mesh, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sync_seen (
  scope TEXT NOT NULL, replica TEXT NOT NULL, seen INTEGER NOT NULL, forgotten INTEGER NOT NULL,
  PRIMARY KEY (scope, replica)) WITHOUT ROWID;
)sql";

struct Scope {
  std::vector<ItemPtr> items;
  Seen seen, forgotten;
};

Result<ReplicaId> self_in(sqlite3* database) {
  Statement row(database, "SELECT id FROM sync_self");
  auto found = row.step();
  if (!found) return std::unexpected(found.error());
  if (*found) return row.text(0);
  std::array<unsigned char, 8> random;
  if (RAND_bytes(random.data(), random.size()) != 1)
    return fail(Code::kIo, "there is no randomness for the name of a replica");
  ReplicaId id = hex_text({reinterpret_cast<const char*>(random.data()), random.size()});
  Statement put(database, "INSERT INTO sync_self VALUES (?)");
  if (auto done = put.bind(id).step(); !done) return std::unexpected(done.error());
  return id;
}

/// Hands every row of `sql` to `take`.
template <typename Take>
Result<void> for_each_row(sqlite3* database, const char* sql, Take take) {
  Statement rows(database, sql);
  while (true) {
    auto row = rows.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    take(rows);
  }
}

Result<void> write_item(sqlite3* database, const std::string& scope, const Item& item) {
  Statement put(database, "INSERT OR REPLACE INTO sync_items VALUES (?, ?, ?, ?, ?, ?, ?)");
  put.bind(scope).bind(item.key.kind).bind(item.key.mesh).bind(item.key.name);
  auto done = put.bind(item.stamp.time).bind(item.stamp.origin).bind(item.content).step();
  return done ? Result<void>() : std::unexpected(done.error());
}

Result<void> erase_item(sqlite3* database, const std::string& scope, const ItemKey& key) {
  Statement gone(database,
                 "DELETE FROM sync_items WHERE scope = ? AND kind = ? AND mesh = ? AND name = ?");
  auto done = gone.bind(scope).bind(key.kind).bind(key.mesh).bind(key.name).step();
  return done ? Result<void>() : std::unexpected(done.error());
}

}  // namespace

Result<Kept> open_tables(sqlite3* database) {
  if (auto made = execute(database, kSchema); !made) return std::unexpected(made.error());
  auto self = self_in(database);
  if (!self) return std::unexpected(self.error());
  std::map<std::string, Scope> scopes;
  auto items = for_each_row(
      database, "SELECT scope, kind, mesh, name, time, origin, content FROM sync_items",
      [&](const Statement& row) {
        scopes[row.text(0)].items.push_back(std::make_shared<const Item>(Item{
            {row.text(1), row.text(2), row.text(3)}, {row.number(4), row.text(5)}, row.text(6)}));
      });
  if (!items) return std::unexpected(items.error());
  auto seen = for_each_row(database, "SELECT scope, replica, seen, forgotten FROM sync_seen",
                           [&](const Statement& row) {
                             Scope& scope = scopes[row.text(0)];
                             if (row.number(2) > 0) scope.seen[row.text(1)] = row.number(2);
                             if (row.number(3) > 0) scope.forgotten[row.text(1)] = row.number(3);
                           });
  if (!seen) return std::unexpected(seen.error());
  Kept kept{.self = *self, .replicas = {}};
  for (auto& [name, scope] : scopes)
    kept.replicas.emplace(
        name, Replica(std::move(scope.items), std::move(scope.seen), std::move(scope.forgotten)));
  return kept;
}

Result<void> write_step(sqlite3* database, const std::string& scope, const Step& step) {
  for (const ItemPtr& item : step.written)
    if (auto done = write_item(database, scope, *item); !done) return done;
  for (const ItemKey& key : step.erased)
    if (auto done = erase_item(database, scope, key); !done) return done;
  Seen all = step.seen;
  raise(all, step.forgotten);
  for (const auto& [replica, latest] : all) {
    auto time_in = [&](const Seen& seen) {
      auto found = seen.find(replica);
      return found == seen.end() ? uint64_t{0} : found->second;
    };
    Statement put(database, "INSERT OR REPLACE INTO sync_seen VALUES (?, ?, ?, ?)");
    put.bind(scope).bind(replica).bind(time_in(step.seen));
    if (auto done = put.bind(time_in(step.forgotten)).step(); !done)
      return std::unexpected(done.error());
  }
  return {};
}

}  // namespace clew::mesh::sync
