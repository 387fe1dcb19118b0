// Where resources are kept: SQLite, with every version there ever was.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "mesh/resource/resource.h"

struct sqlite3;

namespace clew::mesh {

/// One change, as the audit log has it: of a resource, a token or an authority.
struct Version {
  uint64_t revision = 0;
  UnixNanos time = 0;
  std::string author;
  std::string action;  // "create", "update" or "delete"; of an authority the step of its change
  ResourceKey key;
  std::string content;  // the resource as JSON; of a deletion what was deleted; null of a token
};

/// What applying did, or would do.
enum class Change { kNone, kCreated, kUpdated };

/// Who may write what where, if there are several control planes. Asked with the World as it is.
struct Admission {
  /// The resource as it is to be kept, or why not.
  std::function<Result<Resource>(const Resource&, const World&)> put;
  std::function<Result<void>(const ResourceKey&, const World&)> remove;
};

/// What another control plane wrote.
struct Replacement {
  std::vector<Resource> put = {};
  std::vector<ResourceKey> gone = {};  // those that are not there are passed over
};

/// The resources of a control plane. Any thread may use it; changes happen one after the other. A
/// change that was answered for survives kill -9 and power loss (write-ahead log, synchronous).
class ResourceStore {
 public:
  /// Opens or creates the database. Fails with kIo.
  static Result<std::unique_ptr<ResourceStore>> open(const std::string& path, const Clock& clock);
  ~ResourceStore();

  /// All resources as of now; cheap, the World is shared.
  std::shared_ptr<const World> world() const;

  /// Puts the resources in place and deletes `gone`, those of them that are there, in one step: all
  /// or none. What is there already word for word makes no new version. Fails with kInvalid as
  /// check_references() and check_leftovers() do and for a Mesh that still holds resources, with
  /// kIo when the disk says no. Returns what became of each resource.
  Result<std::vector<Change>> apply(std::span<const Resource> resources, const std::string& author,
                                    const std::set<ResourceKey>& gone = {});

  /// As apply(), without doing it.
  Result<std::vector<Change>> plan(std::span<const Resource> resources) const;

  /// Deletes one, as apply() does; kNotFound when there is none.
  Result<void> remove(const ResourceKey& key, const std::string& author);

  /// Puts all of it in place, whatever admission and meshes say, and in the same transaction does
  /// `also`, which others have in this database. kUnavailable if `based_on` is not the World any
  /// more: look again. `gone` goes first.
  Result<void> replace(const std::shared_ptr<const World>& based_on, const Replacement& with,
                       const std::string& author,
                       const std::function<Result<void>(sqlite3*)>& also);

  /// From now on apply() and plan() ask whether each resource is right, and fail as this does. Set
  /// before the store is used by several threads.
  void set_check(std::function<Result<void>(const Resource&)> check) { check_ = std::move(check); }

  /// From now on apply(), plan() and remove() ask. Set before the store is used by several threads.
  void set_admission(Admission admission) { admission_ = std::move(admission); }

  /// For who reads what replace() has written beside the resources; before others use the store.
  sqlite3* database() const { return database_; }

  /// Adds to the history what was done to something that is no resource, as a token; what became of
  /// resources is in it anyway. `action` is any word.
  Result<void> note(const ResourceKey& key, const std::string& action, const std::string& author);

  /// The newest first, at most `limit`; all keys' when `key.kind` is empty.
  Result<std::vector<Version>> history(const ResourceKey& key, size_t limit) const;

  /// Called after every change with the World it made, on the thread that made it, one after the
  /// other. Set before the store is used by several threads.
  using Watcher = std::function<void(std::shared_ptr<const World>)>;
  void watch(Watcher watcher) { watcher_ = std::move(watcher); }

 private:
  ResourceStore(sqlite3* database, const Clock& clock) : database_(database), clock_(clock) {}

  Result<void> prepare();
  Result<void> load();
  Result<std::vector<Resource>> admit(std::span<const Resource> resources) const;
  Result<void> check_gone(const std::set<ResourceKey>& gone) const;
  Result<std::vector<Change>> changes_of(std::span<const Resource> resources,
                                         const std::set<ResourceKey>& gone) const;
  Result<void> write(const Version& version, const Resource* resource);
  Result<void> write_history(const Version& version);
  void publish(std::shared_ptr<const World> world);

  sqlite3* database_;
  const Clock& clock_;
  std::mutex writing_;          // held over a whole change, its watchers included
  mutable std::mutex reading_;  // of the database by history()
  mutable std::mutex world_mutex_;
  std::shared_ptr<const World> world_ = std::make_shared<World>();
  Watcher watcher_;
  std::function<Result<void>(const Resource&)> check_;
  Admission admission_;
};

}  // namespace clew::mesh
