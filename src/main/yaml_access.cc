#include "main/yaml_access.h"

namespace clew {

net::Secret SecretReader::secret(const YamlValue& section) const {
  if (!text.empty() && !path.empty())
    section.problem(fmt::format("set {} or {}, not both", key, key_file));
  else if (text.empty() && path.empty())
    section.problem(fmt::format("set {} or {}", key, key_file));
  return path.empty() ? net::Secret::of(text) : net::Secret::in_file(path);
}

void read_tls(const YamlValue& section, net::ClientTls& tls, std::string* enabled) {
  std::optional<bool> insecure;
  Fields fields = {field("ca_file", tls.files.ca_file), field("cert_file", tls.files.cert_file),
                   field("key_file", tls.files.key_file),
                   field("insecure_skip_verify", tls.skip_verify),
                   field("server_name_override", tls.server_name)};
  if (enabled != nullptr) {  // without it the URL says whether it is https
    fields.push_back({"enabled", [&](const YamlValue& value) {
                        value.choice_into(*enabled, {"false", "true"});
                      }});
    fields.push_back(optional_field("insecure", insecure));
  }
  section.fields(fields);
  if (insecure) *enabled = *insecure ? "false" : "true";
  bool has_files =
      !tls.files.ca_file.empty() || !tls.files.cert_file.empty() || !tls.files.key_file.empty();
  if (insecure.value_or(false) && has_files)
    section.problem("insecure means plaintext; remove it, or the files");
  if (tls.files.cert_file.empty() != tls.files.key_file.empty())
    section.problem("set cert_file and key_file together");
}

bool asks_for_tls(const net::ClientTls& tls) {
  const net::TlsFiles& files = tls.files;
  return !files.ca_file.empty() || !files.cert_file.empty() || !files.key_file.empty() ||
         tls.skip_verify || !tls.server_name.empty();
}

}  // namespace clew
