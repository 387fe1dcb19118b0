// What control planes have in common: items, each written at one of them and copied to others.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace clew::mesh::sync {

/// Which control plane, and which life of its data directory: 16 hexadecimal digits, made at random
/// with the directory. One whose data was lost comes back as another.
using ReplicaId = std::string;

/// When and where an item was written; of two versions of an item the greater stays. `time` counts
/// milliseconds since the epoch in its upper 48 bits and events within one in its lower 16
/// (HybridClock); no two writes of one replica have the same.
struct Stamp {
  uint64_t time = 0;
  ReplicaId origin;

  auto operator<=>(const Stamp&) const = default;
};

/// By replica the time up to which everything that it has written is known.
using Seen = std::map<ReplicaId, uint64_t>;

/// Names an item within its scope (scope.h).
struct ItemKey {
  std::string kind;  // a resource's, or one of those of scope.h
  std::string mesh;
  std::string name;

  auto operator<=>(const ItemKey&) const = default;
};

/// One version of one item. Immutable.
struct Item {
  ItemKey key;
  Stamp stamp;
  std::string content;  // of a resource its JSON; empty: it was deleted

  bool deleted() const { return content.empty(); }
};

/// Contents by key, as they are to be; no content deletes.
using Contents = std::map<ItemKey, std::string>;

using ItemPtr = std::shared_ptr<const Item>;

/// A part of what one replica has and another lacks. A round is one or several of them; only after
/// its last one does the receiver know what `seen` says.
struct Delta {
  std::vector<ItemPtr> items = {};  // in order of their stamps
  bool full = false;  // the round holds all items that there are: what is not in it is gone
  bool more = false;  // the round goes on
  Seen seen = {};     // with the last one

  /// Of a round that goes on: where the next part begins.
  uint64_t until() const { return items.empty() ? 0 : items.back()->stamp.time; }
};

}  // namespace clew::mesh::sync
