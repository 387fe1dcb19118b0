// One control plane's copy of a scope's items.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "mesh/sync/item.h"

namespace clew::mesh::sync {

/// What is to become of a copy. Made and kept on disk before it is applied.
struct Step {
  std::vector<ItemPtr> written = {};
  std::vector<ItemKey> erased = {};  // without a trace
  Seen seen = {}, forgotten = {};    // as they will be
  size_t conflicts = 0;              // versions of others that came after later ones, and lost

  bool empty() const { return written.empty() && erased.empty(); }
};

/// A set of items of which every control plane that has the scope keeps a copy. Copies that have
/// exchanged deltas both ways are equal, in whatever order and over whatever others they did: of
/// two versions the later stays, and each copy knows by replica how much of what that wrote it has
/// seen. Deleted items leave a version without content, for a time; who was away for longer gets a
/// full round and learns from it what is gone. Plain memory, not synchronized.
class Replica {
 public:
  Replica() = default;
  /// As it was kept.
  Replica(std::vector<ItemPtr> items, Seen seen, Seen forgotten);

  /// nullptr when nobody ever wrote it, or that has been forgotten.
  ItemPtr find(const ItemKey& key) const;
  /// In order of their keys, deleted ones too.
  const std::map<ItemKey, ItemPtr>& items() const { return items_; }
  const Seen& seen() const { return seen_; }
  /// Who has not seen so much may have missed a deletion of which nothing is left here.
  const Seen& forgotten() const { return forgotten_; }
  /// Grows with everything that another copy might lack.
  uint64_t version() const { return version_; }

  /// Versions that are written here, in the order of their stamps, later than all that is.
  Step write(std::vector<ItemPtr> items) const;
  /// What a delta of another copy asks for. `listed`: all keys of a full round so far.
  Step take(const Delta& delta, const std::set<ItemKey>& listed) const;
  /// Deletions before `time` leave nothing any more.
  Step forget_deleted(uint64_t time) const;
  void apply(const Step& step);

  /// Whether who knows `seen` may have missed a deletion that is forgotten here.
  bool needs_full(const Seen& seen) const;
  /// The items behind `after` that who knows `seen` lacks (`full`: all), cut behind `max_bytes`.
  /// Its Delta::seen is the caller's to fill in.
  Delta delta(const Seen& seen, uint64_t after, bool full, size_t max_bytes) const;

 private:
  void put(ItemPtr item);
  void take_out(const ItemPtr& item);
  Step nothing() const { return {.seen = seen_, .forgotten = forgotten_}; }

  std::map<ItemKey, ItemPtr> items_;
  std::map<ReplicaId, std::multimap<uint64_t, ItemPtr>> by_origin_;  // and by time
  Seen seen_;
  Seen forgotten_;
  uint64_t version_ = 0;
};

/// Raises `to` to `from`; whether that changed anything.
bool raise(Seen& to, const Seen& from);

}  // namespace clew::mesh::sync
