// What a control plane's World is, by the items it has.
#pragma once

#include <map>
#include <string>

#include "mesh/resource/resource_store.h"
#include "mesh/sync/replica.h"
#include "mesh/sync/scope.h"

namespace clew::mesh::sync {

using Replicas = std::map<std::string, Replica>;

/// What a step of `scope` changes in `world`, that of `self`, whose copies are `replicas` as they
/// were before. All of it is told, also what is there already.
///
/// - What is of a mesh that is not there (yet, or any more) is not there either: it could not be
///   said whether its proxies must use mTLS.
/// - A zone hears of other zones by ZoneService and ZoneIngress, not of itself.
/// - The global one has the Dataplanes of all zones, marked by kOriginLabel. Where
///   several zones have one of the same name, all but the first zone's are called "ZONE/NAME"; that
///   one's, too, if the global one has an edge of that name.
/// - What a zone wrote is looked at as if a person had; if it is not valid, it is not there, and
///   told to `problem`.
Replacement effect_of(const Party& self, const World& world, const Replicas& replicas,
                      const std::string& scope, const Step& step, std::string* problem = nullptr);

}  // namespace clew::mesh::sync
