#include "mesh/sync/replica.h"

#include <algorithm>
#include <utility>

namespace clew::mesh::sync {
namespace {

uint64_t time_in(const Seen& seen, const ReplicaId& replica) {
  auto found = seen.find(replica);
  return found == seen.end() ? 0 : found->second;
}

/// Bytes that an item takes in a message, about.
size_t size_of(const Item& item) {
  constexpr size_t kFraming = 64;
  return kFraming + item.key.kind.size() + item.key.mesh.size() + item.key.name.size() +
         item.content.size();
}

}  // namespace

bool raise(Seen& to, const Seen& from) {
  bool changed = false;
  for (const auto& [replica, time] : from) {
    uint64_t& known = to[replica];
    changed |= known < time;
    known = std::max(known, time);
  }
  return changed;
}

Replica::Replica(std::vector<ItemPtr> items, Seen seen, Seen forgotten)
    : seen_(std::move(seen)), forgotten_(std::move(forgotten)) {
  for (ItemPtr& item : items) put(std::move(item));
}

ItemPtr Replica::find(const ItemKey& key) const {
  auto found = items_.find(key);
  return found == items_.end() ? nullptr : found->second;
}

void Replica::take_out(const ItemPtr& item) {
  auto& written = by_origin_[item->stamp.origin];
  auto [begin, end] = written.equal_range(item->stamp.time);
  auto found = std::find_if(begin, end, [&](const auto& entry) { return entry.second == item; });
  if (found != end) written.erase(found);
  if (written.empty()) by_origin_.erase(item->stamp.origin);
}

void Replica::put(ItemPtr item) {
  ItemPtr& place = items_[item->key];
  if (place) take_out(place);
  by_origin_[item->stamp.origin].emplace(item->stamp.time, item);
  place = std::move(item);
}

Step Replica::write(std::vector<ItemPtr> items) const {
  Step step = nothing();
  for (const ItemPtr& item : items) step.seen[item->stamp.origin] = item->stamp.time;
  step.written = std::move(items);
  return step;
}

Step Replica::take(const Delta& delta, const std::set<ItemKey>& listed) const {
  Step step = nothing();
  for (const ItemPtr& item : delta.items) {
    ItemPtr here = find(item->key);
    if (!here || here->stamp < item->stamp) {
      step.written.push_back(item);
    } else if (here->stamp.origin != item->stamp.origin && here->content != item->content) {
      ++step.conflicts;
    }
  }
  if (delta.more) return step;
  raise(step.seen, delta.seen);
  if (!delta.full) return step;
  raise(step.forgotten, delta.seen);  // which deletions we missed nobody says
  for (const auto& [key, item] : items_)
    if (!listed.contains(key) && item->stamp.time <= time_in(delta.seen, item->stamp.origin))
      step.erased.push_back(key);
  return step;
}

Step Replica::forget_deleted(uint64_t time) const {
  Step step = nothing();
  for (const auto& [key, item] : items_) {
    if (!item->deleted() || item->stamp.time >= time) continue;
    raise(step.forgotten, {{item->stamp.origin, item->stamp.time}});
    step.erased.push_back(key);
  }
  return step;
}

void Replica::apply(const Step& step) {
  for (const ItemPtr& item : step.written) put(item);
  for (const ItemKey& key : step.erased) {
    auto found = items_.find(key);
    if (found == items_.end()) continue;
    take_out(found->second);
    items_.erase(found);
  }
  if (!step.empty() || seen_ != step.seen) ++version_;
  seen_ = step.seen;
  forgotten_ = step.forgotten;
}

bool Replica::needs_full(const Seen& seen) const {
  return std::ranges::any_of(
      forgotten_, [&](const auto& entry) { return time_in(seen, entry.first) < entry.second; });
}

Delta Replica::delta(const Seen& seen, uint64_t after, bool full, size_t max_bytes) const {
  Delta delta{.full = full};
  for (const auto& [origin, written] : by_origin_) {
    uint64_t known = full ? after : std::max(after, time_in(seen, origin));
    for (auto it = written.upper_bound(known); it != written.end(); ++it)
      delta.items.push_back(it->second);
  }
  std::ranges::sort(delta.items, {},
                    [](const ItemPtr& item) -> const Stamp& { return item->stamp; });
  size_t bytes = 0, count = 0;
  // Never cut between items of one time: the next part begins behind it.
  while (
      count < delta.items.size() &&
      (bytes < max_bytes || delta.items[count]->stamp.time == delta.items[count - 1]->stamp.time))
    bytes += size_of(*delta.items[count++]);
  delta.more = count < delta.items.size();
  delta.items.resize(count);
  return delta;
}

}  // namespace clew::mesh::sync
