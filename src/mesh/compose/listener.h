// Listeners and HTTP connection managers, put together from the same few parts for every kind of
// proxy.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "mesh/compose/piece.h"
#include "mesh/compose/route.h"

namespace clew::mesh {

/// What all connection managers of one direction have in common.
struct CommonPart {
  Json serialized = {};  // envoy_api::kSerialized
  Json behind_router = {};
  std::vector<ResourceKey> origins = {};
};

/// A proxy's configuration while it is put together.
struct Builder {
  const Context& context;
  std::vector<Piece> own = {};                             // pieces of this proxy only
  std::vector<Piece> shared = {};                          // with other proxies
  std::set<std::pair<PieceType, std::string>> names = {};  // of both
  std::set<std::string> services = {};                     // clusters to be made
  bool all_services = false;                               // of whatever services there are
  Json runtime = Json::object();
  std::optional<Error> problem = {};         // the first
  std::optional<CommonPart> common[2] = {};  // of what comes in, of what the app sends

  /// Adds what is not there yet by type and name.
  void add(const Draft& draft);
  /// The same for what many proxies have.
  void add(const Shelf::Key& key, const std::function<Draft()>& draft);

  /// The same for what other proxies have as well but for texts: the context's own and `more`. The
  /// draft is made by another builder, of samples of them; it names neither the proxy nor `name`.
  struct Blanks {
    PieceType type;
    std::string name;   // of the piece
    std::string alike;  // by what it is another form, beside policies and sizes of texts
    Shelf::Texts more = {};
  };
  void add(const Blanks& blanks,
           const std::function<Draft(Builder& builder, std::span<const std::string> more)>& draft);

  /// Takes over pieces that are still right, so that they need not be made.
  void keep(const std::vector<Piece>& still_right);
  bool has(PieceType type, const std::string& name) const { return names.contains({type, name}); }

 private:
  void fail(const Error& error);
};

/// What tells one connection manager from another.
struct ManagerOptions {
  std::string name;              // of its statistics and of its routes, which come over RDS
  std::string routes = {};       // of its routes, where they are not called so
  bool outbound = false;         // requests of the app beside a sidecar
  bool edge = false;             // its clients are strangers
  bool whole = false;            // nothing of it is serialized yet: it is changed afterwards
  std::string destination = {};  // the service; empty: each request says which
  Json filters = Json::array();  // before the router
};

/// The filter chain's one filter, an HTTP connection manager with tracing and access logs as
/// policies say. Adds what it sends spans and logs to. `origins` gets the policies it comes from.
Json http_manager(Builder& builder, const ManagerOptions& options,
                  std::vector<ResourceKey>& origins);

struct TcpOptions {
  std::string name;  // of its statistics
  std::string cluster, destination;
  bool outbound = false;
  std::string idle_timeout = {};  // of what goes out; empty: Envoy's
};

/// As http_manager(), for bytes: everything goes to one cluster.
Json tcp_proxy(Builder& builder, const TcpOptions& options, std::vector<ResourceKey>& origins);

/// A listener of one place; `chains` are config.listener.v3.FilterChain.
Json listener(const std::string& name, const std::string& address, uint16_t port,
              const char* direction, Json chains);

/// A route configuration; virtual hosts are to be added with add_host().
Draft route_configuration(const std::string& name);

/// Adds a virtual host with the routes, and what they need.
void add_host(Draft& configuration, const std::string& name, Json domains, Routes routes);

/// A virtual host as a resource of its own, which Envoy asks for (VHDS) and which is called after
/// its route configuration as well: "edge/shop.example.com".
Draft own_host(const std::string& name, Json domains, Routes routes);

/// Has a route configuration consist of such hosts.
void ask_for_hosts(Draft& configuration);

/// A route configuration of one virtual host for all hosts.
Draft routes_for_all(const std::string& name, Routes routes);

}  // namespace clew::mesh
