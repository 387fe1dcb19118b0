// The messages of OpAMP, as far as Clew speaks it: an agent reports what it is and how it is.
// Source: opamp-spec, proto/opamp.proto and specification.md, "Plain HTTP Transport".
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"

namespace clew::opamp {

/// Of one agent process: a UUID.
using InstanceUid = Id<16>;

/// A UUID of version 7 (RFC 9562): the time, so that they sort by age, and chance.
InstanceUid new_instance_uid(UnixNanos now);

/// As UUIDs are written: "01936f0a-9c1e-7cc0-b5e2-…".
std::string uuid_text(const InstanceUid& uid);

/// How an agent, or a part of it, is.
struct ComponentHealth {
  bool healthy = false;
  UnixNanos started = 0;        // 0: it does not run
  std::string last_error = {};  // why it is not healthy
  std::string status = {};      // in the agent's own words
  UnixNanos status_time = 0;    // since when, or when it was looked at
  std::vector<std::pair<std::string, ComponentHealth>> parts = {};  // by name, none twice

  bool operator==(const ComponentHealth&) const = default;
};

/// What an agent is and where it runs, as attributes of OpenTelemetry's conventions.
struct AgentDescription {
  using Attributes = std::vector<std::pair<std::string, std::string>>;

  Attributes identifying = {};  // service.name, service.version, …
  Attributes others = {};       // host.name, os.type, …

  /// The value of an attribute of either kind; empty if there is none.
  std::string_view find(std::string_view key) const;
  bool operator==(const AgentDescription&) const = default;
};

/// AgentToServer. What an agent says of its configuration and its packages is not looked at.
struct AgentReport {
  InstanceUid uid = {};
  uint64_t sequence = 0;  // one more than that of the report before
  uint64_t capabilities = 0;
  std::optional<AgentDescription> description = {};  // unset: as it was
  std::optional<ComponentHealth> health = {};        // unset: as it was
  bool disconnects = false;                          // its last
  bool wants_uid = false;                            // asks the server for another uid
  bool cut = false;  // limits left something out; not in the message

  bool operator==(const AgentReport&) const = default;
};

// Bits of AgentReport::capabilities.
inline constexpr uint64_t kReportsStatus = 0x1;
inline constexpr uint64_t kReportsHealth = 0x800;

/// ServerToAgent.
struct ServerAnswer {
  enum class Refusal : uint8_t { kUnknown = 0, kBadRequest = 1, kUnavailable = 2 };
  struct Refused {
    Refusal type = Refusal::kUnknown;
    std::string message = {};
    std::chrono::nanoseconds retry_after{};  // with kUnavailable; 0: not said

    bool operator==(const Refused&) const = default;
  };

  InstanceUid uid = {};
  std::optional<Refused> refused = {};
  bool report_full_state = false;           // say all again: the server does not know it
  uint64_t capabilities = 0;                // of the server
  std::optional<InstanceUid> new_uid = {};  // which the agent must take from now on

  bool operator==(const ServerAnswer&) const = default;
};

// Bit of ServerAnswer::capabilities.
inline constexpr uint64_t kAcceptsStatus = 0x1;

/// Reads foreign bytes. kMalformed for what is no such message, kInvalid for an instance_uid that
/// is no UUID. Texts past limits::kOpampTextBytes are cut, parts past kOpampDepth and what comes
/// after kOpampAgentBytes are left out; `cut` then says so. Attributes that are arrays or maps are
/// left out.
Result<AgentReport> read_report(std::string_view message);
/// kMalformed for what is no such message. Offers of the server that Clew does not take are
/// skipped.
Result<ServerAnswer> read_answer(std::string_view message);

std::string write(const AgentReport& report);
std::string write(const ServerAnswer& answer);

}  // namespace clew::opamp
