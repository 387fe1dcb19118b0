// What is composed alike for many proxies, each made and serialized once.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "mesh/resource/json_access.h"
#include "mesh/resource/resource.h"
#include "mesh/xds/snapshot.h"

namespace clew::mesh {

/// Of an xDS resource; in the order in which Envoy wants to hear of them.
enum class PieceType { kRuntime, kSecret, kCluster, kEndpoints, kListener, kRoutes, kHost };
const char* name_of(PieceType type);  // "runtime", "secret", "cluster", …
/// As XdsResource::origin() names it.
std::string name_of(const ResourceKey& origin);
/// Of envoy_api.h.
std::string_view type_url_of(PieceType type);

/// One resource of Envoy, ready to go out. Immutable, shared by all proxies that have it.
struct Piece {
  PieceType type = PieceType::kCluster;
  xds::XdsResourcePtr resource = {};

  const std::string& name() const { return resource->name(); }
};

/// The same as it is put together, in the JSON form of Envoy's own API.
struct Draft {
  PieceType type = PieceType::kCluster;
  std::string name;
  Json body;                              // without "@type": the type says it
  std::vector<ResourceKey> origins = {};  // the dataplanes and policies it was made from
  /// Elements of its repeated fields, as bodies that have nothing else: they are serialized one by
  /// one, so that of a thousand virtual hosts only the one that changed is.
  std::vector<Json> parts = {};
  std::vector<Piece> hosts = {};  // of routes: virtual hosts that are resources of their own (VHDS)
  std::vector<Piece> needs = {};  // of what a form is made of: pieces that every proxy with it has
  Json runtime = Json::object();  // of the same: what it adds to the proxy's runtime
  std::set<std::string> services = {};  // that routes send requests to: clusters to be made
  std::optional<Error> problem = {};    // why it could not be put together
};

/// Any thread may use it.
class Shelf {
 public:
  /// What an item depends on beside the World: `view` is what matters of the proxy.
  struct Key {
    PieceType type = PieceType::kCluster;
    std::string name, service = {}, view = {};
    bool operator==(const Key&) const = default;
  };
  struct Item {
    Piece piece = {};
    std::vector<Piece> hosts = {};        // as Draft's
    std::set<std::string> services = {};  // as Draft's
    xds::XdsResource::Parts parts = {};   // kept for the next time
    // Of forms, which have no piece:
    xds::FormPtr form = {};
    std::vector<Piece> needs = {};
    Json runtime = Json::object();
  };
  using ItemPtr = std::shared_ptr<const Item>;

  explicit Shelf(xds::ResourceCache& cache) : cache_(cache) {}

  /// Serializes what only one proxy has; errors as envoy_api::serialize(): a bug of ours.
  Result<Item> make(const Draft& draft) const;
  /// The item of that key, from `draft` if it is not there yet. `draft` of routes may come here for
  /// hosts; any other must not come here.
  Result<ItemPtr> get(const Key& key, const std::function<Draft()>& draft);

  using Texts = std::vector<std::string>;
  /// A form with blanks for `texts`, whose sizes belong to the key, from drafts that were made of
  /// samples of them. kInvalid if the draft looks at what they say: a bug of ours.
  Result<ItemPtr> form(Key key, const Texts& texts,
                       const std::function<Draft(const Texts&)>& draft);

  /// Throws away the items of these types that are not right any more.
  void keep_if(std::span<const PieceType> types,
               const std::function<bool(const Key&, const Item&)>& still_right);

 private:
  xds::ResourceCache& cache_;
  ItemPtr find(const Key& key) const;
  Result<ItemPtr> get_made(const Key& key, const std::function<Result<Item>()>& make);

  static constexpr size_t kTypes = static_cast<size_t>(PieceType::kHost) + 1;
  struct Hash {
    size_t operator()(const Key& key) const;
  };
  struct Making {
    std::array<std::mutex, 16> by_name;
  };

  mutable std::shared_mutex mutex_;
  std::array<std::unordered_map<Key, ItemPtr, Hash>, kTypes> items_;  // by type
  std::array<Making, kTypes> making_;                                 // by type
};

}  // namespace clew::mesh
