#include "mesh/compose/shelf.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/check.h"
#include "mesh/envoy_api/envoy_api.h"

namespace clew::mesh {
namespace {

std::vector<std::string> names_of(const std::vector<ResourceKey>& origins) {
  std::vector<std::string> names;
  for (const ResourceKey& key : origins) names.push_back(name_of(key));
  return names;
}

bool same_pieces(const std::vector<Piece>& one, const std::vector<Piece>& other) {
  return std::ranges::equal(one, other, {}, &Piece::resource, &Piece::resource);
}

/// Of two drafts that were made of the first and the second sample.
Result<Shelf::Item> form_of(const Shelf::Texts& texts, const Draft& first, const Draft& second) {
  if (first.problem) return std::unexpected(*first.problem);
  if (second.problem) return std::unexpected(*second.problem);
  std::string_view type_url = type_url_of(first.type);
  CLEW_CHECK(first.parts.empty());  // no form is that large
  auto message = envoy_api::serialize(type_url, first.body);
  if (!message) return std::unexpected(message.error());
  auto other = envoy_api::serialize(type_url, second.body);
  if (!other) return std::unexpected(other.error());
  if (!same_pieces(first.needs, second.needs) || first.runtime != second.runtime)
    return fail(Code::kInvalid, "what {} needs depends on what a text says", type_url);
  auto form = xds::Form::of(type_url, texts, *std::move(message), *other, names_of(first.origins));
  if (!form) return std::unexpected(form.error());
  Shelf::Item item;
  item.services = first.services;
  item.form = std::make_shared<const xds::Form>(*std::move(form));
  item.needs = first.needs;
  item.runtime = first.runtime;
  return item;
}

}  // namespace

std::string name_of(const ResourceKey& origin) {
  return origin.kind + " " + origin.name;
}

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

size_t Shelf::Hash::operator()(const Key& key) const {
  size_t hash = 0;
  for (const std::string* text : {&key.name, &key.service, &key.view})
    hash = XXH3_64bits_withSeed(text->data(), text->size(), hash);
  return hash;
}

Shelf::ItemPtr Shelf::find(const Key& key) const {
  const auto& items = items_[static_cast<size_t>(key.type)];
  std::shared_lock lock(mutex_);
  auto found = items.find(key);
  return found == items.end() ? nullptr : found->second;
}

Result<Shelf::ItemPtr> Shelf::get(const Key& key, const std::function<Draft()>& draft) {
  return get_made(key, [&] { return make(draft()); });
}

Result<Shelf::ItemPtr> Shelf::form(Key key, const Texts& texts,
                                   const std::function<Draft(const Texts&)>& draft) {
  for (const std::string& text : texts) key.view += fmt::format(" {}", text.size());
  return get_made(key, [&] {
    return form_of(texts, draft(xds::Form::sample(texts, true)),
                   draft(xds::Form::sample(texts, false)));
  });
}

Result<Shelf::ItemPtr> Shelf::get_made(const Key& key, const std::function<Result<Item>()>& make) {
  if (ItemPtr there = find(key)) return there;
  // Whoever comes next to the same item waits: a route table takes long to make.
  auto& by_name = making_[static_cast<size_t>(key.type)].by_name;
  std::lock_guard making(by_name[std::hash<std::string>()(key.name) % by_name.size()]);
  if (ItemPtr there = find(key)) return there;
  auto item = make();
  if (!item) return std::unexpected(item.error());
  auto shared = std::make_shared<const Item>(*std::move(item));
  std::lock_guard lock(mutex_);
  items_[static_cast<size_t>(key.type)].emplace(key, shared);
  return shared;
}

void Shelf::keep_if(std::span<const PieceType> types,
                    const std::function<bool(const Key&, const Item&)>& still_right) {
  std::lock_guard lock(mutex_);
  for (PieceType type : types)
    std::erase_if(items_[static_cast<size_t>(type)],
                  [&](const auto& item) { return !still_right(item.first, *item.second); });
}

}  // namespace clew::mesh
