// Who may have requests traced whatever sampling says: tokens, each of one host, for some time.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "mesh/identity/debug_key.h"
#include "mesh/resource/resource_store.h"
#include "mesh/resource/rest.h"
#include "net/http_server.h"

namespace clew::mesh {

/// Makes debug tokens. Each mesh has a key of its own, made when it is first needed. Edges check
/// tokens by themselves (mesh/compose/debug.h), so none can be taken back: they are short-lived.
/// Any thread may use it.
class DebugTokens {
 public:
  static constexpr std::chrono::hours kLongest{24};

  struct Token {
    std::string text;
    UnixNanos expires = 0;
  };

  /// Keys are in `directory`, a file for each mesh; without `protection` none is made. With
  /// `from_elsewhere` the files come from another control plane (reload()).
  DebugTokens(std::string directory, std::optional<identity::KeyProtection> protection,
              const ResourceStore& store, const Clock& clock, bool from_elsewhere = false);

  /// A token for a host, as a MeshHTTPRoute of the mesh names it. kNotFound for a mesh or a host
  /// that is not there, kInvalid for a time that is none or longer than kLongest.
  Result<Token> create(const std::string& mesh, const std::string& host, uint64_t valid_for_ns);

  /// What edges of the mesh check tokens with. Empty where there cannot be a key: that is logged.
  std::string public_keys(const std::string& mesh);

  /// The file of a mesh's key is another one now.
  void reload(const std::string& mesh);
  /// Where the key of a mesh lies.
  std::string file_of(const std::string& mesh) const;

 private:
  Result<identity::DebugKey> key(const std::string& mesh);

  const std::string directory_;
  const std::optional<identity::KeyProtection> protection_;
  const ResourceStore& store_;
  const Clock& clock_;
  const bool from_elsewhere_;
  std::mutex mutex_;
  std::map<std::string, identity::DebugKey> keys_;  // by mesh
};

/// Adds POST /meshes/{mesh}/debug-tokens {"host", "validFor"}: a token (operators), of
/// which the history tells.
void add_debug_token_api(net::HttpRoutes& routes, ResourceStore& store, DebugTokens& tokens,
                         const Authenticate& authenticate);

}  // namespace clew::mesh
