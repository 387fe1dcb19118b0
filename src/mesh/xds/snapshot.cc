#include "mesh/xds/snapshot.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <functional>
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

/// What can tell two resources apart, in bytes: quicker than JSON's text, and not ambiguous.
class Summary {
 public:
  void add_text(std::string_view text) {
    add_number(text.size());
    bytes_ += text;
  }
  void add_json(const nlohmann::json& json) {
    bytes_ += static_cast<char>(json.type());
    if (json.is_string()) return add_text(json.get_ref<const std::string&>());
    if (json.is_number_float()) return add_number(std::bit_cast<uint64_t>(json.get<double>()));
    if (json.is_number()) return add_number(json.get<uint64_t>());
    if (json.is_boolean()) return add_number(json.get<bool>() ? 1 : 0);
    if (json.is_binary()) {
      const auto& bytes = json.get_binary();
      return add_text({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    }
    add_number(json.size());
    if (json.is_array())
      for (const nlohmann::json& item : json) add_json(item);
    if (json.is_object())
      for (const auto& [name, item] : json.items()) add_text(name), add_json(item);
  }
  XXH128_hash_t hash() const { return XXH3_128bits(bytes_.data(), bytes_.size()); }

 private:
  void add_number(uint64_t number) {
    bytes_.append(reinterpret_cast<const char*>(&number), sizeof number);
  }

  std::string bytes_;
};

std::string version_of(std::string_view message) {
  return fmt::format("{:016x}", XXH3_64bits(message.data(), message.size()));
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
  std::shared_ptr<XdsResource> made(
      new XdsResource(type_url, std::move(name), *message, std::move(origin)));
  made->eds_name_ = eds_name_of(type_url, made->name_, json);
  return made;
}

XdsResourcePtr XdsResource::of_message(std::string_view type_url, std::string name,
                                       std::string_view message, std::vector<std::string> origin) {
  return XdsResourcePtr(new XdsResource(type_url, std::move(name), message, std::move(origin)));
}

XdsResource::XdsResource(std::string_view type_url, std::string name, std::string_view message,
                         std::vector<std::string> origin)
    : name_(std::move(name)), version_(version_of(message)), origin_(std::move(origin)) {
  std::string any = any_message(type_url, message);
  bytes_ = resource_message(name_, version_, any);
  any_at_ = bytes_.size() - any.size();
  message_at_ = bytes_.size() - message.size();
}

XdsResourcePtr XdsResource::of_form(FormPtr form, std::string name, std::string texts,
                                    std::vector<std::string> origin) {
  std::shared_ptr<XdsResource> made(new XdsResource);
  made->name_ = std::move(name);
  made->version_ = version_of(form->filled(texts));
  made->bytes_ = std::move(texts);
  made->origin_ = std::move(origin);
  made->form_ = std::move(form);
  return made;
}

std::string_view XdsResource::resource(std::string& space) const {
  if (!form_) return bytes_;
  std::string any_space;
  std::string_view content = any(any_space);
  return space = resource_message(name_, version_, content);
}

std::string_view XdsResource::any(std::string& space) const {
  if (!form_) return std::string_view(bytes_).substr(any_at_);
  return space = any_message(form_->type_url(), form_->filled(bytes_));
}

std::string XdsResource::message() const {
  return form_ ? form_->filled(bytes_) : bytes_.substr(message_at_);
}

std::vector<std::string> XdsResource::origin() const {
  if (!form_) return origin_;
  std::vector<std::string> all = origin_;
  all.insert(all.end(), form_->origin().begin(), form_->origin().end());
  return all;
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
    if (std::ranges::adjacent_find(list, std::not_fn(less_by_name)) == list.end()) continue;
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
  Summary summary;
  summary.add_text(type_url), summary.add_text(name);
  for (const std::string& one : origin) summary.add_text(one);
  summary.add_json(json);
  for (const auto& part : parts) summary.add_text(*part);
  const auto [low, high] = summary.hash();
  Key key{low, high};
  if (auto alive = find(made_, key)) return alive;
  auto made = XdsResource::make(type_url, name, json, std::move(origin), parts);
  if (!made) return made;
  return keep(made_, key, *std::move(made));
}

Result<std::shared_ptr<const std::string>> ResourceCache::part(std::string_view type_url,
                                                               const nlohmann::json& json) {
  Summary summary;
  summary.add_text(type_url), summary.add_json(json);
  const auto [low, high] = summary.hash();
  Key key{low, high};
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
