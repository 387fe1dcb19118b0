#include "main/control_plane_url.h"
#include "main/mesh_config.h"
#include "main/settings_common.h"

namespace clew {
namespace {

void add_sync_settings(Settings& settings, MeshConfig& config) {
  settings.push_back(choice_setting("mode", "--mode",
                                    "The only control plane, the global one, or one of a zone",
                                    config.mode, {"standalone", "global", "zone"}));
  settings.push_back(text_setting("zone", "--zone", "It is of (mode zone)", config.zone));
  settings.push_back(
      text_setting("name", "--name", "Its own; empty: its host and port of xDS", config.name));
  settings.push_back(text_setting("sync.global", "--global",
                                  "URL of the global control plane's xDS port", config.global));
  settings.push_back(text_setting("sync.peers", "--peer",
                                  "URL of the zone's other control plane; several with commas",
                                  config.peers));
  settings.push_back(path_setting("sync.token_file", "--sync-token-file",
                                  "Token of the zone for these (see clew mesh zone-token)",
                                  config.sync_token_file));
  settings.push_back(path_setting("sync.tls.ca_file", "--sync-ca-cert-file",
                                  "Trust this CA (PEM) of theirs; empty: the system's",
                                  config.sync_tls.ca_file));
  settings.push_back(path_setting("sync.tls.cert_file", "--sync-cert-file",
                                  "Certificate to show to them (PEM)", config.sync_tls.cert_file));
  settings.push_back(path_setting("sync.tls.key_file", "--sync-key-file", "Its private key (PEM)",
                                  config.sync_tls.key_file));
  settings.push_back(switch_setting("auth.zone_tokens", "--zone-tokens",
                                    "Take control planes of zones with tokens only",
                                    config.zone_tokens));
}

/// The keys of the mesh travel to whoever is called, and from there.
Result<void> check_urls(const char* flag, const std::string& text) {
  auto urls = control_plane_urls(text);
  if (!urls) return fail(Code::kInvalid, "{}: {}", flag, urls.error().message);
  for (const ControlPlaneUrl& each : *urls)
    if (!each.tls && !each.host.starts_with("127.") && each.host != "::1" &&
        each.host != "localhost")
      return fail(Code::kInvalid,
                  "{}: {}: keys and tokens go that way, so it must be https unless it is loopback",
                  flag, each.text);
  return {};
}

Result<void> validate_mode(const MeshConfig& config) {
  bool zone = config.mode == "zone";
  if (zone && (config.zone.empty() || config.global.empty()))
    return fail(Code::kInvalid, "--mode zone wants --zone and --global");
  if (!zone && !(config.zone.empty() && config.global.empty() && config.peers.empty()))
    return fail(Code::kInvalid, "--zone, --global and --peer are of --mode zone");
  if (config.zone.find_first_of("/,") != std::string::npos)
    return fail(Code::kInvalid, "--zone: {} is no name of a Zone", config.zone);
  if (config.sync_tls.cert_file.empty() != config.sync_tls.key_file.empty())
    return fail(Code::kInvalid, "set sync.tls.cert_file and sync.tls.key_file together");
  return in_order([&] { return check_urls("--global", config.global); },
                  [&] { return check_urls("--peer", config.peers); });
}

}  // namespace

Settings settings_of(MeshConfig& config) {
  Settings settings;
  settings.push_back(
      path_setting("data", "--data", "Directory of resources, keys and history", config.data));
  settings.push_back(listen_setting(
      "http", "--http", "REST API of resources, /ready, /health and /metrics", config.http));
  settings.push_back(listen_setting("xds", "--xds", "What Envoys connect to", config.xds));
  settings.push_back(path_setting("resources", "--resources",
                                  "Keep the resources what the files of this directory say",
                                  config.resources));
  settings.push_back(switch_setting("auth.operator_tokens", "--operator-tokens",
                                    "Take tokens of operators only (see clew mesh token)",
                                    config.operator_tokens));
  settings.push_back(switch_setting("auth.proxy_tokens", "--proxy-tokens",
                                    "Take proxies with tokens only (see clew mesh proxy-token)",
                                    config.proxy_tokens));
  settings.push_back(path_setting("ca.passphrase_file", "--ca-passphrase-file",
                                  "Encrypts the keys of certificate authorities on disk",
                                  config.ca_passphrase_file));
  settings.push_back(switch_setting("ca.plaintext_keys", "--ca-plaintext-keys",
                                    "Keep those keys without a passphrase, readable by root only",
                                    config.ca_plaintext_keys));
  settings.push_back(path_setting("ca.cert_file", "--ca-cert-file",
                                  "Use this authority (PEM) instead of one made here",
                                  config.ca_cert_file));
  settings.push_back(
      path_setting("ca.key_file", "--ca-key-file", "Its key (PEM)", config.ca_key_file));
  add_sync_settings(settings, config);
  add_common_settings(settings, config.common);
  return settings;
}

Result<void> validate(const MeshConfig& config) {
  if (!config.xds) return fail(Code::kInvalid, "--xds is off: no proxy could connect");
  if (config.ca_cert_file.empty() != config.ca_key_file.empty())
    return fail(Code::kInvalid, "set ca.cert_file and ca.key_file together");
  if (auto valid = validate_mode(config); !valid) return valid;
  return validate_common(config.common);
}

}  // namespace clew
