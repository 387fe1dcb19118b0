// What sections that talk to a peer have in common: fields by their types, secrets, TLS.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "main/yaml_value.h"
#include "net/secret.h"
#include "net/tls.h"

namespace clew {

using Fields = std::vector<YamlField>;

/// Reads into an optional place: what stands there counts as set.
template <typename T>
YamlField optional_field(std::string_view name, std::optional<T>& place) {
  return {name, [&place](const YamlValue& value) {
            T read{};
            value.into(read);
            place = read;
          }};
}

template <typename T>
YamlField field(std::string_view name, T& place) {
  return {name, [&place](const YamlValue& value) { value.into(place); }};
}

/// A secret as KEY or in a file as KEY_file: the texts of both, while their section is read.
struct SecretReader {
  std::string key, key_file;
  std::string text, path;

  explicit SecretReader(std::string name) : key(std::move(name)), key_file(key + "_file") {}

  /// The secret; reports if not exactly one of them is set.
  net::Secret secret(const YamlValue& section) const;
};

/// Reads a `tls` section. `enabled`, where there is one, becomes "true" or "false" by the keys
/// `enabled` and `insecure`; without it something else, a URL, says whether it is TLS.
void read_tls(const YamlValue& section, net::ClientTls& tls, std::string* enabled);

/// Whether anything in it asks for TLS.
bool asks_for_tls(const net::ClientTls& tls);

}  // namespace clew
