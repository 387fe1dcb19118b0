// What the file says about whom an agent tells how it is: `extensions.opamp`, with the keys of the
// OpenTelemetry Collector's extension of that name.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "main/exporter_config.h"
#include "opamp/messages.h"

namespace clew {

struct AgentConfig;
class YamlValue;

/// One entry of `extensions`, named opamp or opamp/NAME.
struct OpampConfig {
  bool in_file = false;   // has a section of its own
  ExporterConfig server;  // endpoint (a URL), timeout, compression, tls, headers, auth
  std::chrono::milliseconds polling_interval{30'000};
  std::optional<opamp::InstanceUid> instance_uid;  // unset: another with every start
  opamp::AgentDescription::Attributes attributes;  // beside those that Clew knows
};

/// By name. "opamp" is always there, since a flag sets its endpoint; without one it is unused.
using OpampConfigs = std::map<std::string, OpampConfig>;

/// Reads `extensions:`; problems are reported with their lines.
void read_extensions(const YamlValue& section, OpampConfigs& configs);

/// Checks what no single key can see; kInvalid names the extension.
Result<void> validate(const OpampConfigs& configs);

/// `endpoint` with the path /v1/opamp, unless it has one.
std::string opamp_url(const std::string& endpoint);

/// What an agent tells of itself: its name and version, the machine and the place it stands in.
opamp::AgentDescription describe_agent(const AgentConfig& config, const OpampConfig& opamp,
                                       const opamp::InstanceUid& uid);

}  // namespace clew
