// Mutual TLS between proxies: whether, how strictly, and who must be at the other end.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mesh/compose/piece.h"

namespace clew::mesh {

enum class MtlsMode { kOff, kPermissive, kStrict };

/// The names of the secrets that every proxy of a mesh with mTLS is given over SDS: its own
/// certificate with key, and the authorities it trusts.
inline constexpr char kIdentitySecret[] = "identity";
inline constexpr char kTrustSecret[] = "trust";
/// What proxies offer first in ALPN, so that a permissive inbound can tell a proxy's TLS from an
/// app's.
inline constexpr char kMeshAlpn[] = "clew";

/// Of what comes in at the proxy: MeshTLS's mode over that of the Mesh's enabled backend. A mesh
/// with neither an enabled backend nor a MeshIdentity has no mTLS.
struct Mtls {
  MtlsMode mode = MtlsMode::kOff;
  std::vector<ResourceKey> origins = {};
};
Mtls mtls_of(const Context& context);

/// Whether what the proxy sends goes over mTLS.
bool has_mtls(const Context& context);

/// Whether the Mesh says that its authority was made elsewhere and given to the control plane: its
/// enabled backend is of the type "provided".
bool wants_provided_authority(const Context& context);

/// Authorities that MeshTrusts tell to trust beside the mesh's own, in PEM: for a change to
/// another.
std::vector<std::string> trusted_besides(const Context& context);

/// "spiffe://<mesh>/<service>".
std::string spiffe_id(const std::string& mesh, const std::string& service);

/// The transport socket of an inbound that takes connections of this mesh's proxies only; `http`:
/// it speaks HTTP/2 and HTTP/1.1.
Json mesh_server_socket(const std::string& mesh, bool http);

/// The transport socket to a peer that must prove to be one of `services`. `http` is what is spoken
/// inside, as ALPN calls it ("h2", "http/1.1"); empty: bytes.
Json mesh_client_socket(const std::string& mesh, const std::vector<std::string>& services,
                        std::string_view http);

}  // namespace clew::mesh
