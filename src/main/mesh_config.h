// The settings of `clew mesh run`.
#pragma once

#include <optional>
#include <string>

#include "main/roles.h"

namespace clew {

/// The control plane: resources in, Envoy configuration out. Ports are Kuma's.
struct MeshConfig {
  CommonConfig common;
  std::optional<net::Address> http = net::Address{"127.0.0.1", 5681};
  std::optional<net::Address> xds = net::Address{"127.0.0.1", 5678};
  std::string data = "clew-mesh-data";
  std::string resources;                  // a directory that is watched; empty: none
  bool operator_tokens = false;           // whether the REST API takes tokens only
  bool proxy_tokens = true;               // whether proxies need tokens
  std::string ca_passphrase_file;         // of the authorities' keys on disk
  bool ca_plaintext_keys = false;         // without a passphrase: keys lie open
  std::string ca_cert_file, ca_key_file;  // an authority that was made elsewhere

  std::string mode = "standalone";  // or global, or zone
  std::string zone;                 // of mode zone
  std::string name;                 // of this control plane; empty: its host and port
  std::string global, peers;        // URLs of those that it calls, separated by commas
  std::string sync_token_file;      // shown to those
  net::TlsFiles sync_tls;           // towards those
  bool zone_tokens = true;          // whether those who call need tokens
};

Settings settings_of(MeshConfig& config);
Result<void> validate(const MeshConfig& config);

/// Runs until a signal comes.
Result<void> run_mesh(const MeshConfig& config);

}  // namespace clew
