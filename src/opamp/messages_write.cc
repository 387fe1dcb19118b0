#include <protozero/pbf_writer.hpp>

#include "opamp/fields.h"
#include "opamp/messages.h"

namespace clew::opamp {
namespace {

using Writer = protozero::pbf_writer;

void write_text(Writer& to, fields::Tag tag, std::string_view text) {
  if (!text.empty()) to.add_string(tag, text.data(), text.size());
}

void write_attributes(Writer& to, fields::Tag tag, const AgentDescription::Attributes& attributes) {
  for (const auto& [key, value] : attributes) {
    Writer attribute(to, tag);
    attribute.add_string(fields::entry::kKey, key);
    Writer any_value(attribute, fields::entry::kValue);
    any_value.add_string(fields::any_value::kString, value);
  }
}

void write_health(Writer& to, const ComponentHealth& health) {
  using namespace fields::component_health;
  if (health.healthy) to.add_bool(kHealthy, true);
  if (health.started != 0) to.add_fixed64(kStartTime, health.started);
  write_text(to, kLastError, health.last_error);
  write_text(to, kStatus, health.status);
  if (health.status_time != 0) to.add_fixed64(kStatusTime, health.status_time);
  for (const auto& [name, part] : health.parts) {
    Writer entry(to, kParts);
    entry.add_string(fields::entry::kKey, name);
    Writer value(entry, fields::entry::kValue);
    write_health(value, part);
  }
}

/// A message that is there also when it is empty, which a nested Writer would leave out.
template <typename Write>
void write_message(Writer& to, fields::Tag tag, Write&& write) {
  std::string bytes;
  Writer message(bytes);
  write(message);
  to.add_message(tag, bytes);
}

void write_uid(Writer& to, fields::Tag tag, const InstanceUid& uid) {
  to.add_bytes(tag, uid.raw().data(), uid.raw().size());
}

}  // namespace

std::string write(const AgentReport& report) {
  using namespace fields::agent_to_server;
  std::string out;
  Writer to(out);
  write_uid(to, kInstanceUid, report.uid);
  if (report.sequence != 0) to.add_uint64(kSequenceNum, report.sequence);
  if (report.description)
    write_message(to, kAgentDescription, [&](Writer& description) {
      using namespace fields::agent_description;
      write_attributes(description, kIdentifying, report.description->identifying);
      write_attributes(description, kNonIdentifying, report.description->others);
    });
  to.add_uint64(kCapabilities, report.capabilities);
  if (report.health)
    write_message(to, kHealth, [&](Writer& health) { write_health(health, *report.health); });
  if (report.disconnects) write_message(to, kAgentDisconnect, [](Writer&) {});
  if (report.wants_uid) to.add_uint64(kFlags, kRequestInstanceUid);
  return out;
}

std::string write(const ServerAnswer& answer) {
  using namespace fields::server_to_agent;
  std::string out;
  Writer to(out);
  write_uid(to, kInstanceUid, answer.uid);
  if (answer.refused) {
    Writer refusal(to, kErrorResponse);
    refusal.add_enum(fields::error_response::kType, static_cast<int32_t>(answer.refused->type));
    write_text(refusal, fields::error_response::kMessage, answer.refused->message);
    if (answer.refused->retry_after.count() > 0) {
      Writer info(refusal, fields::error_response::kRetryInfo);
      info.add_uint64(fields::retry_info::kRetryAfterNanoseconds,
                      static_cast<uint64_t>(answer.refused->retry_after.count()));
    }
  }
  if (answer.report_full_state) to.add_uint64(kFlags, kReportFullState);
  if (answer.capabilities != 0) to.add_uint64(kCapabilities, answer.capabilities);
  if (answer.new_uid) {
    Writer identification(to, kAgentIdentification);
    write_uid(identification, fields::agent_identification::kNewInstanceUid, *answer.new_uid);
  }
  return out;
}

}  // namespace clew::opamp
