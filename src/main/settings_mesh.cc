#include "main/mesh_config.h"
#include "main/settings_common.h"

namespace clew {

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
  add_common_settings(settings, config.common);
  return settings;
}

Result<void> validate(const MeshConfig& config) {
  if (!config.xds) return fail(Code::kInvalid, "--xds is off: no proxy could connect");
  if (config.ca_cert_file.empty() != config.ca_key_file.empty())
    return fail(Code::kInvalid, "set ca.cert_file and ca.key_file together");
  return validate_common(config.common);
}

}  // namespace clew
