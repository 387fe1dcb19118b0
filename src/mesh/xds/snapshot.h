// What one proxy shall have: its Envoy resources, serialized once, with version and origin.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "mesh/xds/form.h"

namespace clew::mesh::xds {

class XdsResource;
using XdsResourcePtr = std::shared_ptr<const XdsResource>;

/// One Envoy resource, as it goes out. Immutable, so that proxies and snapshots share it.
class XdsResource {
 public:
  /// Parts of the same message, serialized: what repeated fields hold beside what is in its JSON.
  using Parts = std::vector<std::shared_ptr<const std::string>>;

  /// Serializes `json`, and lets `parts` follow (in protobuf, messages that follow each other are
  /// one); errors as envoy_api::serialize().
  static Result<XdsResourcePtr> make(std::string_view type_url, std::string name,
                                     const nlohmann::json& json,
                                     std::vector<std::string> origin = {}, const Parts& parts = {});

  /// The same of a message that is serialized already.
  static XdsResourcePtr of_message(std::string_view type_url, std::string name,
                                   std::string_view message, std::vector<std::string> origin = {});

  /// A form filled in with `texts`, as Form::filled() takes them. Keeps those, and makes its bytes
  /// whenever they are asked for. `origin` comes before the form's.
  static XdsResourcePtr of_form(FormPtr form, std::string name, std::string texts,
                                std::vector<std::string> origin = {});

  /// Without content: stands for what a proxy has, or lacks, but a snapshot does not say.
  static XdsResourcePtr placeholder(std::string name, std::string version);

  const std::string& name() const { return name_; }
  /// A hash of the content, so that it is the same after a restart and from any control plane.
  const std::string& version() const { return version_; }
  /// envoy.service.discovery.v3.Resource: name, version and content. Here and below: kept, or made
  /// in `space`, and valid as long as both are.
  std::string_view resource(std::string& space) const;
  /// The google.protobuf.Any in it.
  std::string_view any(std::string& space) const;
  /// A copy of the message in that.
  std::string message() const;
  /// About as many bytes as resource() has.
  size_t size() const { return form_ ? form_->size() + 256 : bytes_.size(); }
  /// Of a cluster with EDS: the endpoints' name; else empty.
  const std::string& eds_name() const { return eds_name_; }
  /// Which policies it came from, for people.
  std::vector<std::string> origin() const;

 private:
  XdsResource() = default;
  XdsResource(std::string_view type_url, std::string name, std::string_view message,
              std::vector<std::string> origin);

  std::string name_, version_, bytes_, eds_name_;
  size_t any_at_ = 0, message_at_ = 0;
  std::vector<std::string> origin_;
  FormPtr form_;  // if not null, bytes_ are what it is to be filled in with
};

/// All resources of one proxy at one revision of the mesh. Immutable; shares what did not change
/// with the snapshots before it and of other proxies.
class Snapshot {
 public:
  using List = std::vector<XdsResourcePtr>;  // in order of their names, each once

  /// By type URL. `revision` is shown to proxies and in state(); it only grows. Of two resources
  /// with one name the later stays.
  Snapshot(uint64_t revision, std::map<std::string, List, std::less<>> resources);

  uint64_t revision() const { return revision_; }
  /// Empty for a type of which there are none.
  const List& of(std::string_view type_url) const;
  const std::map<std::string, List, std::less<>>& all() const { return resources_; }
  /// nullptr when there is none.
  XdsResourcePtr find(std::string_view type_url, std::string_view name) const;

 private:
  uint64_t revision_;
  std::map<std::string, List, std::less<>> resources_;
};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

/// Makes each resource once, however many proxies have it and however often they are composed, as
/// long as a snapshot holds it. Any thread.
class ResourceCache {
 public:
  /// As XdsResource::make(), or the one that was made of equal arguments.
  Result<XdsResourcePtr> get(std::string_view type_url, const std::string& name,
                             const nlohmann::json& json, std::vector<std::string> origin = {},
                             const XdsResource::Parts& parts = {});
  /// One of XdsResource::Parts, serialized once as long as anybody holds it.
  Result<std::shared_ptr<const std::string>> part(std::string_view type_url,
                                                  const nlohmann::json& json);
  /// How many are alive.
  size_t size() const;

 private:
  struct Key {
    uint64_t low, high;  // 128 bits of a hash: equal means the same
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    size_t operator()(const Key& key) const { return key.low; }
  };
  template <class Made>
  using Table = std::unordered_map<Key, std::weak_ptr<const Made>, Hash>;
  template <class Made>
  std::shared_ptr<const Made> find(const Table<Made>& table, const Key& key) const;
  template <class Made>
  std::shared_ptr<const Made> keep(Table<Made>& table, const Key& key,
                                   std::shared_ptr<const Made> made);
  void sweep();

  mutable std::mutex mutex_;
  Table<XdsResource> made_;
  Table<std::string> parts_;
  size_t sweep_at_ = 1024;
};

}  // namespace clew::mesh::xds
