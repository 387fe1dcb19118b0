// One thing a user can set: by a flag, an environment variable or a key of the YAML file.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/address.h"
#include "store/retention.h"

namespace clew {

class YamlValue;

/// Flags win over the environment, that over the file, that over the default.
struct Setting {
  std::string key;         // in the YAML file: "receivers.otlp.grpc"
  std::string flag;        // "--otlp-grpc"; the variable is CLEW_OTLP_GRPC; empty: only in the file
  std::string value_name;  // in --help: "HOST:PORT"
  std::string help;
  std::string default_text;
  /// Reads a value into its place; kInvalid says what is wrong with it, not where it came from.
  std::function<Result<void>(std::string_view)> set;
  /// For a section of the file that is more than one value: reads it and reports its problems.
  /// Such a setting may be without a flag, and then has no `set` either.
  std::function<void(const YamlValue&)> read = {};

  std::string variable() const;
};

using Settings = std::vector<Setting>;

// Settings by the type of their place. The place must outlive the Setting; what stands there when
// the Setting is made is the default that --help shows.

Setting text_setting(std::string key, std::string flag, std::string help, std::string& place);
/// A path; like text, with another name in --help.
Setting path_setting(std::string key, std::string flag, std::string help, std::string& place);
/// HOST:PORT, or `off` for no listener.
Setting listen_setting(std::string key, std::string flag, std::string help,
                       std::optional<net::Address>& place);
/// Bytes with an optional unit: 512, 64KiB, 4GiB, 1.5GB.
Setting bytes_setting(std::string key, std::string flag, std::string help, uint64_t& place);
/// A duration as Go writes it: 200ms, 10s, 336h.
Setting duration_setting(std::string key, std::string flag, std::string help,
                         std::chrono::milliseconds& place);
/// A whole number in [least, most].
Setting number_setting(std::string key, std::string flag, std::string help, int& place, int least,
                       int most);
/// `true` or `false`.
Setting switch_setting(std::string key, std::string flag, std::string help, bool& place);
/// One of a few words.
Setting choice_setting(std::string key, std::string flag, std::string help, std::string& place,
                       std::vector<std::string> choices);

/// A section of the file without a flag; `read` reports its problems.
Setting section_setting(std::string key, std::string help,
                        std::function<void(const YamlValue&)> read);

/// Retention of some tenants: TENANT=AGE, TENANT=AGE/BYTES or TENANT=/BYTES, separated by commas;
/// in the file TENANT: {max_age: AGE, max_bytes: BYTES}. A text replaces the whole table.
Setting tenant_retention_setting(std::string key, std::string flag, std::string help,
                                 store::RetentionOverrides& place);

/// Reads "64KiB" and its like; kInvalid for anything else.
Result<uint64_t> parse_bytes(std::string_view text);

}  // namespace clew
