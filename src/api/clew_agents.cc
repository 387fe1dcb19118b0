#include "api/clew_agents.h"

#include <string_view>
#include <vector>

#include "base/limits.h"

namespace clew::api {
namespace {

constexpr UnixNanos kNanosPerMicro = 1000;

/// A time that is there; 0 is none.
void write_time(JsonWriter& json, std::string_view name, UnixNanos time) {
  if (time != 0) json.member(name, time / kNanosPerMicro);
}

void write_health(JsonWriter& json, const opamp::ComponentHealth& health) {
  json.member("status", health.status).member("lastError", health.last_error);
  write_time(json, "startedUs", health.started);
  write_time(json, "statusUs", health.status_time);
}

/// The parts of `of` and theirs, each before its own.
void write_parts(JsonWriter& json, const opamp::ComponentHealth& of,
                 std::vector<std::string_view>& path) {
  for (const auto& [name, part] : of.parts) {
    path.push_back(name);
    json.begin_object().key("path").begin_array();
    for (std::string_view step : path) json.value(step);
    json.end_array().member("healthy", part.healthy);
    write_health(json, part);
    json.end_object();
    write_parts(json, part, path);
    path.pop_back();
  }
}

void write_attributes(JsonWriter& json, const opamp::AgentDescription& description) {
  json.key("attributes").begin_array();
  for (const auto* attributes : {&description.identifying, &description.others})
    for (const auto& [name, value] : *attributes)
      json.begin_object().member("name", name).member("value", value).end_object();
  json.end_array();
}

void write_agent(JsonWriter& json, const opamp::KnownAgent& agent) {
  json.begin_object().member("instanceUid", opamp::uuid_text(agent.uid));
  json.member("state", name_of(agent.state));
  json.member("service", agent.description.find("service.name"));
  json.member("version", agent.description.find("service.version"));
  json.member("host", agent.description.find("host.name")).member("from", agent.from);
  json.member("firstSeenUs", agent.first_seen / kNanosPerMicro);
  json.member("lastSeenUs", agent.last_seen / kNanosPerMicro);
  json.member("silentAfterMs", agent.silent_after / std::chrono::milliseconds(1));
  const opamp::ComponentHealth none;
  const opamp::ComponentHealth& health = agent.health ? *agent.health : none;
  write_health(json, health);
  write_attributes(json, agent.description);
  json.key("parts").begin_array();
  std::vector<std::string_view> path;
  write_parts(json, health, path);
  json.end_array().member("cut", agent.cut).end_object();
}

}  // namespace

void write_agents(JsonWriter& json, opamp::Agents& agents) {
  auto list = agents.list(limits::kOpampAgentsPerAnswer);
  json.key("agents").begin_object().key("counts").begin_object();
  for (size_t state = 0; state < list.counts.size(); ++state)
    json.member(name_of(static_cast<opamp::AgentState>(state)), list.counts[state]);
  json.end_object().key("list").begin_array();
  for (const opamp::KnownAgent& agent : list.agents) write_agent(json, agent);
  json.end_array().end_object();
}

}  // namespace clew::api
