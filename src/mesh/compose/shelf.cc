#include "mesh/compose/shelf.h"

#include <iterator>
#include <utility>

#include "mesh/envoy_api/envoy_api.h"

namespace clew::mesh {
namespace {

std::vector<std::string> names_of(const std::vector<ResourceKey>& origins) {
  std::vector<std::string> names;
  for (const ResourceKey& key : origins) names.push_back(key.kind + " " + key.name);
  return names;
}

}  // namespace

const char* name_of(PieceType type) {
  switch (type) {
    case PieceType::kRuntime:
      return "runtime";
    case PieceType::kSecret:
      return "secret";
    case PieceType::kCluster:
      return "cluster";
    case PieceType::kEndpoints:
      return "endpoints";
    case PieceType::kListener:
      return "listener";
    case PieceType::kRoutes:
      return "routes";
    case PieceType::kHost:
      return "host";
  }
  return "";
}

std::string_view type_url_of(PieceType type) {
  switch (type) {
    case PieceType::kRuntime:
      return envoy_api::kRuntime;
    case PieceType::kSecret:
      return envoy_api::kSecret;
    case PieceType::kCluster:
      return envoy_api::kCluster;
    case PieceType::kEndpoints:
      return envoy_api::kEndpoint;
    case PieceType::kListener:
      return envoy_api::kListener;
    case PieceType::kRoutes:
      return envoy_api::kRoute;
    case PieceType::kHost:
      return envoy_api::kHost;
  }
  return "";
}

Result<Shelf::Item> Shelf::make(const Draft& draft) const {
  if (draft.problem) return std::unexpected(*draft.problem);
  std::string_view type_url = type_url_of(draft.type);
  Item item;
  item.services = draft.services;
  item.hosts = draft.hosts;
  for (const Json& part : draft.parts) {
    auto bytes = cache_.part(type_url, part);
    if (!bytes) return std::unexpected(bytes.error());
    item.parts.push_back(*std::move(bytes));
  }
  auto made = cache_.get(type_url, draft.name, draft.body, names_of(draft.origins), item.parts);
  if (!made) return std::unexpected(made.error());
  item.piece = {draft.type, *std::move(made)};
  return item;
}

Shelf::ItemPtr Shelf::find(const Key& key) const {
  std::lock_guard lock(mutex_);
  auto found = items_.find(key);
  return found == items_.end() ? nullptr : found->second;
}

Result<Shelf::ItemPtr> Shelf::get(const Key& key, const std::function<Draft()>& draft) {
  if (ItemPtr there = find(key)) return there;
  // Whoever comes next to the same item waits: a route table takes long to make.
  auto& by_name = making_[static_cast<size_t>(key.type)].by_name;
  std::lock_guard making(by_name[std::hash<std::string>()(key.name) % by_name.size()]);
  if (ItemPtr there = find(key)) return there;
  auto item = make(draft());
  if (!item) return std::unexpected(item.error());
  auto shared = std::make_shared<const Item>(*std::move(item));
  std::lock_guard lock(mutex_);
  items_.emplace(key, shared);
  return shared;
}

void Shelf::keep_if(std::span<const PieceType> types,
                    const std::function<bool(const Key&, const Item&)>& still_right) {
  std::lock_guard lock(mutex_);
  for (PieceType type : types) {
    auto item = items_.lower_bound({.type = type, .name = ""});
    while (item != items_.end() && item->first.type == type)
      item = still_right(item->first, *item->second) ? std::next(item) : items_.erase(item);
  }
}

}  // namespace clew::mesh
