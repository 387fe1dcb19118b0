#include "main/settings_common.h"

namespace clew {

void add_common_settings(Settings& settings, CommonConfig& config) {
  settings.push_back(choice_setting("log.level", "--log-level", "Least severe lines to log",
                                    config.log_level, {"debug", "info", "warn", "error"}));
  settings.push_back(duration_setting("shutdown_timeout", "--shutdown-timeout",
                                      "How long to finish work in flight when stopping",
                                      config.shutdown_timeout));
  settings.push_back(path_setting("tls.cert_file", "--tls-cert-file",
                                  "Certificate of every listener (PEM); empty: no TLS",
                                  config.tls.cert_file));
  settings.push_back(path_setting("tls.key_file", "--tls-key-file",
                                  "Private key of the certificate (PEM)", config.tls.key_file));
  settings.push_back(path_setting("tls.client_ca_file", "--tls-client-ca-file",
                                  "Admit only clients with a certificate of this CA (PEM)",
                                  config.tls.ca_file));
  settings.push_back(path_setting("auth.basic.htpasswd_file", "--auth-htpasswd-file",
                                  "Admit only users of this htpasswd file (bcrypt or {SHA})",
                                  config.auth.htpasswd_file));
  settings.push_back(path_setting("auth.bearer.token_file", "--auth-token-file",
                                  "Admit only bearer tokens of this file, one a line",
                                  config.auth.token_file));
}

Result<void> validate_common(const CommonConfig& common) {
  if (common.tls.cert_file.empty() != common.tls.key_file.empty())
    return fail(Code::kInvalid, "set tls.cert_file and tls.key_file together");
  if (common.tls.cert_file.empty() && !common.tls.ca_file.empty())
    return fail(Code::kInvalid, "tls.client_ca_file needs tls.cert_file and tls.key_file");
  return {};
}

}  // namespace clew
