#include "mesh/resource/resource_store.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "mesh/resource/parse.h"
#include "mesh/resource/references.h"
#include "mesh/resource/sqlite.h"

namespace clew::mesh {
namespace {

constexpr char kSchema[] = R"sql(
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS resources (
  kind TEXT NOT NULL, mesh TEXT NOT NULL, name TEXT NOT NULL,
  revision INTEGER NOT NULL, content TEXT NOT NULL,
  PRIMARY KEY (kind, mesh, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS history (
  revision INTEGER NOT NULL, time INTEGER NOT NULL, author TEXT NOT NULL, action TEXT NOT NULL,
  kind TEXT NOT NULL, mesh TEXT NOT NULL, name TEXT NOT NULL, content TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS history_of ON history (kind, mesh, name, revision);
CREATE INDEX IF NOT EXISTS history_by_revision ON history (revision);
)sql";

/// Everything or nothing: rolls back unless it was committed.
class Transaction {
 public:
  explicit Transaction(sqlite3* database) : database_(database) {}
  ~Transaction() {
    if (open_) sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
  Result<void> begin() {
    auto begun = execute(database_, "BEGIN IMMEDIATE");
    open_ = begun.has_value();
    return begun;
  }
  Result<void> commit() {
    auto done = execute(database_, "COMMIT");
    if (done) open_ = false;
    return done;
  }

 private:
  sqlite3* database_;
  bool open_ = false;
};

bool is_same(const Resource& a, const Resource& b) {
  return a.labels == b.labels && a.body == b.body;
}

Version version_of(const Resource& resource, const std::string& author, const char* action) {
  return {.revision = resource.revision,
          .author = author,
          .action = action,
          .key = resource.key,
          .content = json_of(resource).dump()};
}

Change change_of(const Resource& resource, const World& world) {
  ResourcePtr before = world.find(resource.key);
  if (!before) return Change::kCreated;
  return is_same(*before, resource) ? Change::kNone : Change::kUpdated;
}

}  // namespace

Result<std::unique_ptr<ResourceStore>> ResourceStore::open(const std::string& path,
                                                           const Clock& clock) {
  sqlite3* database = nullptr;
  int code =
      sqlite3_open_v2(path.c_str(), &database,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr);
  std::unique_ptr<ResourceStore> store(new ResourceStore(database, clock));
  if (code != SQLITE_OK)
    return fail(Code::kIo, "cannot open {}: {}", path,
                database == nullptr ? "no memory" : sqlite3_errmsg(database));
  auto ready = in_order([&] { return store->prepare(); }, [&] { return store->load(); });
  if (!ready) return fail(Code::kIo, "{}: {}", path, ready.error().message);
  return store;
}

ResourceStore::~ResourceStore() {
  sqlite3_close_v2(database_);
}

Result<void> ResourceStore::prepare() {
  sqlite3_busy_timeout(database_, 5000);  // ms; another process may be reading it
  return execute(database_, kSchema);
}

Result<void> ResourceStore::load() {
  Statement rows(database_, "SELECT content, revision FROM resources");
  std::vector<ResourcePtr> resources;
  while (true) {
    auto row = rows.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    auto resource = resource_of(rows.text(0));
    if (!resource) return fail(Code::kIo, "a resource in it cannot be read");
    resource->revision = rows.number(1);
    resources.push_back(std::make_shared<Resource>(*std::move(resource)));
  }
  Statement last(database_, "SELECT max(revision) FROM history");
  auto row = last.step();
  if (!row) return std::unexpected(row.error());
  publish(std::make_shared<World>(last.number(0), std::move(resources)));
  return {};
}

std::shared_ptr<const World> ResourceStore::world() const {
  std::lock_guard lock(world_mutex_);
  return world_;
}

void ResourceStore::publish(std::shared_ptr<const World> world) {
  {
    std::lock_guard lock(world_mutex_);
    world_ = world;
  }
  if (watcher_) watcher_(std::move(world));
}

Result<void> ResourceStore::write_history(const Version& version) {
  const ResourceKey& key = version.key;
  Statement history(database_, "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  history.bind(version.revision).bind(static_cast<uint64_t>(version.time)).bind(version.author);
  history.bind(version.action).bind(key.kind).bind(key.mesh).bind(key.name).bind(version.content);
  auto done = history.step();
  return done ? Result<void>() : std::unexpected(done.error());
}

Result<void> ResourceStore::note(const ResourceKey& key, const std::string& action,
                                 const std::string& author) {
  std::lock_guard writing(writing_);
  return write_history({.revision = world()->revision(),
                        .time = clock_.now(),
                        .author = author,
                        .action = action,
                        .key = key,
                        .content = "null"});
}

Result<void> ResourceStore::write(const Version& version, const Resource* resource) {
  const ResourceKey& key = version.key;
  if (auto done = write_history(version); !done) return done;
  if (resource == nullptr) {
    Statement gone(database_, "DELETE FROM resources WHERE kind = ? AND mesh = ? AND name = ?");
    auto done = gone.bind(key.kind).bind(key.mesh).bind(key.name).step();
    return done ? Result<void>() : std::unexpected(done.error());
  }
  Statement put(database_, "INSERT OR REPLACE INTO resources VALUES (?, ?, ?, ?, ?)");
  put.bind(key.kind).bind(key.mesh).bind(key.name).bind(version.revision).bind(version.content);
  auto done = put.step();
  return done ? Result<void>() : std::unexpected(done.error());
}

Result<std::vector<Resource>> ResourceStore::admit(std::span<const Resource> resources) const {
  for (const Resource& each : resources)
    if (auto checked = check_ ? check_(each) : Result<void>(); !checked)
      return std::unexpected(checked.error());
  std::vector<Resource> admitted(resources.begin(), resources.end());
  if (!admission_.put) return admitted;
  auto world = this->world();
  for (Resource& each : admitted) {
    auto kept = admission_.put(each, *world);
    if (!kept) return std::unexpected(kept.error());
    each = *std::move(kept);
  }
  return admitted;
}

Result<void> ResourceStore::check_gone(const std::set<ResourceKey>& gone) const {
  auto world = this->world();
  for (const ResourceKey& key : gone) {
    if (admission_.remove)
      if (auto admitted = admission_.remove(key, *world); !admitted) return admitted;
    if (key.kind != "Mesh") continue;
    for (const ResourcePtr& each : world->all())
      if (each->key.mesh == key.name && !gone.contains(each->key))
        return fail(Code::kInvalid, "mesh {} still holds {} {}; delete what is in it first",
                    key.name, each->key.kind, each->key.name);
  }
  return {};
}

Result<std::vector<Change>> ResourceStore::changes_of(std::span<const Resource> resources,
                                                      const std::set<ResourceKey>& gone) const {
  auto world = this->world();
  auto checked = in_order([&] { return check_gone(gone); },
                          [&] { return check_references(resources, *world, gone); },
                          [&] { return check_leftovers(*world, resources, gone); });
  if (!checked) return std::unexpected(checked.error());
  std::vector<Change> changes;
  for (const Resource& each : resources) changes.push_back(change_of(each, *world));
  return changes;
}

Result<std::vector<Change>> ResourceStore::plan(std::span<const Resource> resources) const {
  auto admitted = admit(resources);
  if (!admitted) return std::unexpected(admitted.error());
  return changes_of(*admitted, {});
}

Result<std::vector<Change>> ResourceStore::apply(std::span<const Resource> resources,
                                                 const std::string& author,
                                                 const std::set<ResourceKey>& gone) {
  std::lock_guard writing(writing_);
  auto admitted = admit(resources);
  if (!admitted) return std::unexpected(admitted.error());
  auto changes = changes_of(*admitted, gone);
  if (!changes) return changes;
  auto before = world();
  uint64_t revision = before->revision() + 1;
  std::vector<ResourcePtr> all, going;
  for (const ResourcePtr& each : before->all())
    (gone.contains(each->key) ? going : all).push_back(each);
  if (going.empty() && std::ranges::count(*changes, Change::kNone) == std::ssize(*changes))
    return changes;
  Transaction transaction(database_);
  if (auto begun = transaction.begin(); !begun) return std::unexpected(begun.error());
  for (const ResourcePtr& each : going) {
    Version version = version_of(*each, author, "delete");
    version.revision = revision;
    version.time = clock_.now();
    if (auto written = write(version, nullptr); !written) return std::unexpected(written.error());
  }
  for (size_t i = 0; i < admitted->size(); ++i) {
    if ((*changes)[i] == Change::kNone) continue;
    Resource resource = std::move((*admitted)[i]);
    resource.revision = revision;
    resource.places.reset();
    Version version =
        version_of(resource, author, (*changes)[i] == Change::kCreated ? "create" : "update");
    version.time = clock_.now();
    if (auto written = write(version, &resource); !written) return std::unexpected(written.error());
    all.push_back(std::make_shared<Resource>(std::move(resource)));
  }
  if (auto committed = transaction.commit(); !committed) return std::unexpected(committed.error());
  publish(std::make_shared<World>(revision, std::move(all)));
  return changes;
}

Result<void> ResourceStore::remove(const ResourceKey& key, const std::string& author) {
  if (!world()->find(key)) return fail(Code::kNotFound, "there is no {} {}", key.kind, key.name);
  auto removed = apply({}, author, {key});
  return removed ? Result<void>() : std::unexpected(removed.error());
}

Result<void> ResourceStore::replace(const std::shared_ptr<const World>& based_on,
                                    const Replacement& with, const std::string& author,
                                    const std::function<Result<void>(sqlite3*)>& also) {
  std::lock_guard writing(writing_);
  auto before = world();
  if (before != based_on) return fail(Code::kUnavailable, "the resources have changed meanwhile");
  uint64_t revision = before->revision() + 1;
  std::set<ResourceKey> gone;
  std::vector<ResourcePtr> all, put;
  Transaction transaction(database_);
  if (auto begun = transaction.begin(); !begun) return begun;
  auto note = [&](const Resource& resource, const char* action, const Resource* kept) {
    Version version = version_of(resource, author, action);
    version.revision = revision;
    version.time = clock_.now();
    return write(version, kept);
  };
  for (const ResourceKey& key : with.gone) {
    ResourcePtr resource = before->find(key);
    if (!resource || !gone.insert(key).second) continue;
    if (auto written = note(*resource, "delete", nullptr); !written) return written;
  }
  for (Resource resource : with.put) {
    Change change = gone.contains(resource.key) ? Change::kCreated : change_of(resource, *before);
    if (change == Change::kNone) continue;
    resource.revision = revision;
    resource.places.reset();
    auto written = note(resource, change == Change::kCreated ? "create" : "update", &resource);
    if (!written) return written;
    put.push_back(std::make_shared<Resource>(std::move(resource)));
  }
  auto done = in_order([&] { return also(database_); }, [&] { return transaction.commit(); });
  if (!done || (put.empty() && gone.empty())) return done;
  for (const ResourcePtr& each : before->all())
    if (!gone.contains(each->key)) all.push_back(each);
  all.insert(all.end(), put.begin(), put.end());
  publish(std::make_shared<World>(revision, std::move(all)));
  return {};
}

Result<std::vector<Version>> ResourceStore::history(const ResourceKey& key, size_t limit) const {
  std::lock_guard lock(reading_);
  Statement rows(database_,
                 "SELECT revision, time, author, action, kind, mesh, name, content FROM history "
                 "WHERE (?1 = '' OR (kind = ?1 AND mesh = ?2 AND name = ?3)) "
                 "ORDER BY revision DESC, rowid DESC LIMIT ?4");
  rows.bind(key.kind).bind(key.mesh).bind(key.name).bind(limit);
  std::vector<Version> versions;
  while (true) {
    auto row = rows.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return versions;
    versions.push_back({.revision = rows.number(0),
                        .time = static_cast<UnixNanos>(rows.number(1)),
                        .author = rows.text(2),
                        .action = rows.text(3),
                        .key = {rows.text(4), rows.text(5), rows.text(6)},
                        .content = rows.text(7)});
  }
}

}  // namespace clew::mesh
