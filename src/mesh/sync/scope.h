// Who writes what, and who is told of it.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "mesh/resource/resource.h"

namespace clew::mesh::sync {

/// What a control plane is.
enum class Mode {
  kGlobal,  // everything but a zone's own is written here
  kZone,    // its zone's Dataplanes are written here; their proxies connect here
};
const char* name_of(Mode mode);  // "global", "zone"

/// A control plane, as it introduces itself.
struct Party {
  std::string id;  // ReplicaId
  std::string name;
  Mode mode = Mode::kZone;
  std::string zone;  // of kZone
};

/// Items are in scopes, each of which some control planes have a copy of:
///
///     scope            written at                    copied to
///     kEverywhere      the global one                all
///     a zone's name    those of the zone             those of the zone, and the global one
///
/// So a zone need not be told of another's Dataplanes; what it is to know of them the global one
/// writes into kEverywhere (summary.h).
inline constexpr std::string_view kEverywhere = "";

// Kinds of items that are no resources.
inline constexpr std::string_view kProxyToken = "proxy-token";    // a zone's; by digest
inline constexpr std::string_view kZoneToken = "zone-token";      // a zone's; by digest
inline constexpr std::string_view kProxyStatus = "proxy-status";  // a zone's; by Dataplane
inline constexpr std::string_view kKeyFile = "key-file";          // everywhere; by file name

/// The scopes of which `self` takes items from `other`, and sends items to it.
std::set<std::string> scopes_taken(const Party& self, const Party& other);
std::set<std::string> scopes_sent(const Party& self, const Party& other);
/// The scope `self` writes resources of this key in; nothing if they are not shared: a global
/// control plane's own proxies are nobody else's.
std::optional<std::string> scope_of(const Party& self, const ResourceKey& key);

/// The resource as `self` may keep it: a Dataplane of a zone gets its label. kInvalid for one that
/// is to be written elsewhere, and says where.
Result<Resource> admit(const Party& self, Resource resource);
/// Whether `self` may delete it.
Result<void> may_remove(const Party& self, const ResourceKey& key);

}  // namespace clew::mesh::sync
