// Who may connect as which proxy.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "mesh/resource/resource_store.h"
#include "mesh/resource/token_table.h"

namespace clew::mesh {

/// Admits proxies by tokens that are bound to one Dataplane and its kind. Any thread may use it.
class ProxyGate {
 public:
  /// The tokens are in the database of `directory`. Without `required` a proxy may come without a
  /// token; one that it shows counts all the same.
  static Result<std::unique_ptr<ProxyGate>> open(const std::string& directory, bool required,
                                                 const ResourceStore& store, const Clock& clock);

  /// A token for the proxy of a Dataplane, which may have several: the one in use goes on until it
  /// expires. kNotFound when there is no such Dataplane. `valid_for_ns` 0: for ever.
  Result<std::string> create(const ResourceKey& dataplane, uint64_t valid_for_ns);
  /// All of a proxy's. kNotFound when it has none.
  Result<void> revoke(const ResourceKey& dataplane);

  /// The ID of the proxy that `node_id` names, if `authorization` ("Bearer …") is for it.
  /// kNotFound for a Dataplane that does not exist, kUnauthenticated for a token that is missing,
  /// expired, of another proxy, or of one of another kind.
  Result<std::string> admit(const std::string& node_id, std::string_view authorization) const;

  /// For who shares tokens with other control planes.
  TokenTable& tokens() { return *tokens_; }

 private:
  ProxyGate(std::unique_ptr<TokenTable> tokens, bool required, const ResourceStore& store)
      : tokens_(std::move(tokens)), required_(required), store_(store) {}

  const std::unique_ptr<TokenTable> tokens_;
  const bool required_;
  const ResourceStore& store_;
};

}  // namespace clew::mesh
