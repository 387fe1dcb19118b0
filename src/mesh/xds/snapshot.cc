#include "mesh/xds/snapshot.h"

#include <xxhash.h>

#include <algorithm>
#include <protozero/pbf_writer.hpp>
#include <utility>

#include "mesh/envoy_api/envoy_api.h"
#include "mesh/xds/wire.h"

namespace clew::mesh::xds {
namespace {

/// envoy.config.cluster.v3.Cluster: the endpoints have the cluster's name unless it says another.
std::string eds_name_of(std::string_view type_url, const std::string& name,
                        const nlohmann::json& json) {
  if (type_url != envoy_api::kCluster || !json.is_object()) return "";
  if (json.value("type", nlohmann::json()) != "EDS") return "";
  auto config = json.find("eds_cluster_config");
  if (config == json.end() || !config->is_object()) return name;
  auto service = config->find("service_name");
  if (service == config->end() || !service->is_string()) return name;
  auto text = service->get<std::string>();
  return text.empty() ? name : text;
}

bool less_by_name(const XdsResourcePtr& a, const XdsResourcePtr& b) {
  return a->name() < b->name();
}

}  // namespace

Result<XdsResourcePtr> XdsResource::make(std::string_view type_url, std::string name,
                                         const nlohmann::json& json,
                                         std::vector<std::string> origin, const Parts& parts) {
  auto message = envoy_api::serialize(type_url, json);
  if (!message) return std::unexpected(message.error());
  for (const auto& part : parts) *message += *part;
  std::shared_ptr<XdsResource> made(new XdsResource);
  made->version_ = fmt::format("{:016x}", XXH3_64bits(message->data(), message->size()));
  made->eds_name_ = eds_name_of(type_url, name, json);
  std::string any = any_message(type_url, *message);
  made->bytes_ = resource_message(name, made->version_, any);
  made->any_at_ = made->bytes_.size() - any.size();
  made->message_at_ = made->bytes_.size() - message->size();
  made->name_ = std::move(name);
  made->origin_ = std::move(origin);
  return made;
}

XdsResourcePtr XdsResource::placeholder(std::string name, std::string version) {
  std::shared_ptr<XdsResource> made(new XdsResource);
  made->name_ = std::move(name);
  made->version_ = std::move(version);
  return made;
}

Snapshot::Snapshot(uint64_t revision, std::map<std::string, List, std::less<>> resources)
    : revision_(revision), resources_(std::move(resources)) {
  for (auto& [_, list] : resources_) {
    std::ranges::reverse(list);  // so that of equal names the later comes first
    std::ranges::stable_sort(list, less_by_name);
    auto same = [](const auto& a, const auto& b) { return a->name() == b->name(); };
    list.erase(std::ranges::unique(list, same).begin(), list.end());
  }
}

const Snapshot::List& Snapshot::of(std::string_view type_url) const {
  static const List kNone;
  auto found = resources_.find(type_url);
  return found == resources_.end() ? kNone : found->second;
}

XdsResourcePtr Snapshot::find(std::string_view type_url, std::string_view name) const {
  const List& list = of(type_url);
  auto found = std::ranges::lower_bound(
      list, name, {}, [](const XdsResourcePtr& item) { return std::string_view(item->name()); });
  return found == list.end() || (*found)->name() != name ? nullptr : *found;
}

ResourceCache::Key ResourceCache::key_of(const std::string& text) {
  XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return {hash.low64, hash.high64};
}

template <class Made>
std::shared_ptr<const Made> ResourceCache::find(const Table<Made>& table, const Key& key) const {
  std::lock_guard lock(mutex_);
  auto found = table.find(key);
  return found == table.end() ? nullptr : found->second.lock();
}

template <class Made>
std::shared_ptr<const Made> ResourceCache::keep(Table<Made>& table, const Key& key,
                                                std::shared_ptr<const Made> made) {
  std::lock_guard lock(mutex_);
  auto& kept = table[key];
  if (auto alive = kept.lock()) return alive;  // another thread was faster
  kept = made;
  if (made_.size() + parts_.size() >= sweep_at_) sweep();
  return made;
}

Result<XdsResourcePtr> ResourceCache::get(std::string_view type_url, const std::string& name,
                                          const nlohmann::json& json,
                                          std::vector<std::string> origin,
                                          const XdsResource::Parts& parts) {
  std::string text;
  for (std::string_view one : {type_url, std::string_view(name)}) text.append(one) += '\0';
  for (const std::string& one : origin) text.append(one) += '\0';
  text += json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  for (const auto& part : parts) (text += '\0') += *part;
  Key key = key_of(text);
  if (auto alive = find(made_, key)) return alive;
  auto made = XdsResource::make(type_url, name, json, std::move(origin), parts);
  if (!made) return made;
  return keep(made_, key, *std::move(made));
}

Result<std::shared_ptr<const std::string>> ResourceCache::part(std::string_view type_url,
                                                               const nlohmann::json& json) {
  std::string text(type_url);
  (text += '\0') += json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  Key key = key_of(text);
  if (auto alive = find(parts_, key)) return alive;
  auto made = envoy_api::serialize(type_url, json);
  if (!made) return std::unexpected(made.error());
  return keep(parts_, key, std::make_shared<const std::string>(*std::move(made)));
}

size_t ResourceCache::size() const {
  std::lock_guard lock(mutex_);
  return static_cast<size_t>(
      std::ranges::count_if(made_, [](const auto& entry) { return !entry.second.expired(); }));
}

/// With the lock held. At twice what is alive, so that it costs each resource a constant.
void ResourceCache::sweep() {
  auto expired = [](const auto& entry) { return entry.second.expired(); };
  std::erase_if(made_, expired);
  std::erase_if(parts_, expired);
  sweep_at_ = std::max<size_t>(1024, (made_.size() + parts_.size()) * 2);
}

}  // namespace clew::mesh::xds
