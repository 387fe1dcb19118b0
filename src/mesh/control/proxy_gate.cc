#include "mesh/control/proxy_gate.h"

#include <utility>

#include "mesh/compose/catalog.h"
#include "mesh/control/planner.h"

namespace clew::mesh {
namespace {

constexpr std::string_view kBearer = "Bearer ";

}  // namespace

Result<std::unique_ptr<ProxyGate>> ProxyGate::open(const std::string& directory, bool required,
                                                   const ResourceStore& store, const Clock& clock) {
  auto tokens = TokenTable::open(directory + "/mesh.db", "proxy_tokens", "clewproxy_", clock);
  if (!tokens) return std::unexpected(tokens.error());
  return std::unique_ptr<ProxyGate>(new ProxyGate(*std::move(tokens), required, store));
}

Result<std::string> ProxyGate::create(const ResourceKey& dataplane, uint64_t valid_for_ns) {
  ResourcePtr found = store_.world()->find(dataplane);
  if (!found)
    return fail(Code::kNotFound, "there is no Dataplane {} in mesh {}; apply it first",
                dataplane.name, dataplane.mesh);
  return tokens_->create(proxy_id(dataplane), name_of(proxy_of(found).kind), valid_for_ns);
}

Result<void> ProxyGate::revoke(const ResourceKey& dataplane) {
  return tokens_->revoke(proxy_id(dataplane));
}

Result<std::string> ProxyGate::admit(const std::string& node_id,
                                     std::string_view authorization) const {
  auto key = dataplane_of(node_id);
  ResourcePtr dataplane = key ? store_.world()->find(*key) : nullptr;
  if (!dataplane)
    return fail(Code::kNotFound,
                "there is no Dataplane for the node \"{}\"; node IDs are MESH.NAME", node_id);
  if (authorization.empty() && !required_) return node_id;
  if (!authorization.starts_with(kBearer))
    return fail(Code::kUnauthenticated, "{} shows no token", node_id);
  auto entry = tokens_->verify(authorization.substr(kBearer.size()));
  if (!entry) return std::unexpected(entry.error());
  std::string kind = name_of(proxy_of(dataplane).kind);
  if (entry->subject != node_id || entry->grant != kind)
    return fail(Code::kUnauthenticated, "this token is of {} ({}), not of {} ({})", entry->subject,
                entry->grant, node_id, kind);
  return node_id;
}

}  // namespace clew::mesh
