#include "main/opamp_config.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cctype>

#include "main/peer_yaml.h"
#include "main/roles.h"
#include "main/version.h"
#include "main/yaml_access.h"
#include "net/http_client.h"

namespace clew {
namespace {

/// A UUID with or without its dashes.
Result<void> parse_uid(std::string_view text, std::optional<opamp::InstanceUid>& place) {
  std::string digits(text);
  std::erase(digits, '-');
  auto uid = digits.size() == 32 ? opamp::InstanceUid::from_hex(digits) : std::nullopt;
  if (!uid) return fail(Code::kInvalid, "\"{}\" is no UUID", text);
  place = uid;
  return {};
}

void read_server(const YamlValue& section, OpampConfig& config) {
  section.fields({{"http",
                   [&](const YamlValue& http) {
                     read_http_peer(http, config.server,
                                    {field("polling_interval", config.polling_interval)});
                   }},
                  {"ws", [](const YamlValue& ws) {
                     ws.problem("an agent of Clew speaks OpAMP over plain HTTP: use http");
                   }}});
}

void read_description(const YamlValue& section, OpampConfig& config) {
  section.fields({{"non_identifying_attributes", [&](const YamlValue& attributes) {
                     attributes.entries([&](const std::string& key, const YamlValue& value) {
                       value.into(config.attributes.emplace_back(key, "").second);
                     });
                   }}});
}

void read_opamp(const YamlValue& section, OpampConfig& config) {
  section.fields(
      {{"server", [&](const YamlValue& value) { read_server(value, config); }},
       {"instance_uid",
        [&](const YamlValue& value) {
          value.parsed([&](std::string_view text) { return parse_uid(text, config.instance_uid); });
        }},
       {"agent_description", [&](const YamlValue& value) { read_description(value, config); }}});
}

bool is_name(std::string_view name) {
  if (name == "opamp") return true;
  if (!name.starts_with("opamp/") || name.size() == 6) return false;
  return std::ranges::all_of(name.substr(6), [](unsigned char c) {
    return std::isalnum(c) || c == '-' || c == '_' || c == '.';
  });
}

}  // namespace

void read_extensions(const YamlValue& section, OpampConfigs& configs) {
  section.entries([&](const std::string& name, const YamlValue& value) {
    if (!is_name(name))
      return value.problem("unknown extension; there is opamp, or opamp/NAME for more than one");
    OpampConfig& config = configs[name];
    config.in_file = true;
    read_opamp(value, config);
  });
}

Result<void> validate(const OpampConfigs& configs) {
  for (const auto& [name, config] : configs) {
    const std::string& endpoint = config.server.endpoint;
    if (endpoint.empty() && !config.in_file) continue;
    if (endpoint.empty())
      return fail(Code::kInvalid, "extensions.{}: server.http.endpoint is not set", name);
    if (auto url = net::check_url(endpoint); !url)
      return fail(Code::kInvalid, "extensions.{}: endpoint: {}", name, url.error().message);
    if (config.polling_interval < std::chrono::seconds(1))
      return fail(Code::kInvalid, "extensions.{}: polling_interval must be at least 1s", name);
    if (config.server.timeout < std::chrono::milliseconds(1))
      return fail(Code::kInvalid, "extensions.{}: timeout must be at least 1ms", name);
  }
  return {};
}

std::string opamp_url(const std::string& endpoint) {
  size_t host = endpoint.find("://");
  size_t path = host == std::string::npos ? host : endpoint.find('/', host + 3);
  if (path == std::string::npos) return endpoint + "/v1/opamp";
  return path + 1 == endpoint.size() ? endpoint + "v1/opamp" : endpoint;
}

opamp::AgentDescription describe_agent(const AgentConfig& config, const OpampConfig& opamp,
                                       const opamp::InstanceUid& uid) {
  opamp::AgentDescription description;
  description.identifying = {{"service.name", "clew.agent"},
                             {"service.version", kVersion},
                             {"service.instance.id", opamp::uuid_text(uid)}};
  auto add = [&](const char* key, std::string value) {
    if (!value.empty()) description.others.emplace_back(key, std::move(value));
  };
  utsname machine{};
  uname(&machine);  // fails only for a bad address
  const agent::Place& place = config.edits.place;
  add("host.name", place.host.empty() ? machine.nodename : place.host);
  add("host.arch", machine.machine);
  add("os.type", "linux");
  add("os.version", machine.release);
  add("cloud.region", place.region);
  add("clew.datacenter", place.datacenter);
  add("clew.core_location", place.core_location);
  add("clew.edge", place.edge);
  add("clew.rack", place.rack);
  std::ranges::copy(opamp.attributes, std::back_inserter(description.others));
  return description;
}

}  // namespace clew
