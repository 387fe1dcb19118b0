#include "opamp/messages.h"

#include <algorithm>
#include <protozero/exception.hpp>
#include <random>
#include <utility>

#include "base/limits.h"
#include "base/metrics.h"
#include "base/utf8.h"
#include "opamp/fields.h"
#include "otlp/proto_field.h"
#include "otlp/reader.h"
#include "otlp/value.h"

namespace clew::opamp {
namespace {

using otlp::fixed64_field;
using otlp::get_truth;
using otlp::text_field;
using otlp::varint_field;
using otlp::view_of;
using Reader = protozero::pbf_reader;

Reader reader_of(std::string_view message) {
  return {message.data(), message.size()};
}

/// The text of an AnyValue, unless it is an array or a map. Checked before it is decoded, which
/// takes what it reads for whole.
std::optional<std::string> scalar_text(std::string_view any_value) {
  using namespace fields::any_value;
  for (Reader in = reader_of(any_value); in.next(); in.skip()) {
    switch (in.tag_and_type()) {
      case text_field(kString):
      case varint_field(kBool):
      case varint_field(kInt):
      case fixed64_field(kDouble):
        break;
      default:
        return std::nullopt;
    }
  }
  return otlp::Value::decode(any_value).text();
}

/// Key and value of a KeyValue, or of an entry of a map; empty where they are not.
std::pair<std::string_view, std::string_view> entry_of(std::string_view message) {
  using namespace fields::entry;
  std::pair<std::string_view, std::string_view> entry;
  for (Reader in = reader_of(message); in.next();) {
    switch (in.tag_and_type()) {
      case text_field(kKey):
        entry.first = view_of(in);
        break;
      case text_field(kValue):
        entry.second = view_of(in);
        break;
      default:
        in.skip();
    }
  }
  return entry;
}

/// Reads an AgentToServer and counts what is kept of it. Damage is thrown.
class ReportReader {
 public:
  Result<AgentReport> read(std::string_view message) {
    using namespace fields::agent_to_server;
    std::string_view uid;
    for (Reader in = reader_of(message); in.next();) {
      switch (in.tag_and_type()) {
        case text_field(kInstanceUid):
          uid = view_of(in);
          break;
        case varint_field(kSequenceNum):
          report_.sequence = in.get_uint64();
          break;
        case text_field(kAgentDescription):
          report_.description = description(view_of(in));
          break;
        case varint_field(kCapabilities):
          report_.capabilities = in.get_uint64();
          break;
        case text_field(kHealth):
          report_.health = health(view_of(in), 1);
          break;
        case text_field(kAgentDisconnect):
          report_.disconnects = true;
          in.skip();
          break;
        case varint_field(kFlags):
          report_.wants_uid = (in.get_uint64() & kRequestInstanceUid) != 0;
          break;
        default:
          in.skip();
      }
    }
    auto id = InstanceUid::from_raw(uid);
    if (!id)
      return fail(Code::kInvalid, "instance_uid has {} bytes; a UUID has {}", uid.size(),
                  sizeof(InstanceUid::bytes));
    report_.uid = *id;
    if (report_.cut) metrics::count_limit_hit("opamp_agent_bytes");
    return std::move(report_);
  }

 private:
  /// An empty part and an empty attribute cost memory, too.
  static constexpr size_t kEach = 64;

  bool pay(size_t bytes) {
    if (bytes > left_) {
      report_.cut = true;
      return false;
    }
    left_ -= bytes;
    return true;
  }

  std::string text(std::string_view raw) {
    std::string_view kept = cut_utf8(raw, std::min(limits::kOpampTextBytes, left_));
    if (kept.size() < raw.size()) report_.cut = true;
    left_ -= kept.size();
    return std::string(kept);
  }

  AgentDescription description(std::string_view message) {
    using namespace fields::agent_description;
    AgentDescription read;
    for (Reader in = reader_of(message); in.next();) {
      switch (in.tag_and_type()) {
        case text_field(kIdentifying):
          attribute(view_of(in), read.identifying);
          break;
        case text_field(kNonIdentifying):
          attribute(view_of(in), read.others);
          break;
        default:
          in.skip();
      }
    }
    return read;
  }

  void attribute(std::string_view message, AgentDescription::Attributes& to) {
    auto [key, value] = entry_of(message);
    auto plain = scalar_text(value);
    if (!plain || !pay(kEach)) return;
    std::string name = text(key);
    to.emplace_back(std::move(name), text(*plain));
  }

  ComponentHealth health(std::string_view message, int depth) {
    using namespace fields::component_health;
    ComponentHealth read;
    for (Reader in = reader_of(message); in.next();) {
      switch (in.tag_and_type()) {
        case varint_field(kHealthy):
          read.healthy = get_truth(in);
          break;
        case fixed64_field(kStartTime):
          read.started = in.get_fixed64();
          break;
        case text_field(kLastError):
          read.last_error = text(view_of(in));
          break;
        case text_field(kStatus):
          read.status = text(view_of(in));
          break;
        case fixed64_field(kStatusTime):
          read.status_time = in.get_fixed64();
          break;
        case text_field(kParts):
          part(view_of(in), depth, read);
          break;
        default:
          in.skip();
      }
    }
    return read;
  }

  void part(std::string_view message, int depth, ComponentHealth& of) {
    auto [key, value] = entry_of(message);
    if (depth == limits::kOpampDepth) {
      report_.cut = true;
      return;
    }
    if (!pay(kEach)) return;
    std::string name = text(key);
    ComponentHealth read = health(value, depth + 1);
    // Of a key that stands there twice the last counts, as in any map of protobuf.
    auto known = std::ranges::find(of.parts, name, &decltype(of.parts)::value_type::first);
    if (known != of.parts.end())
      known->second = std::move(read);
    else
      of.parts.emplace_back(std::move(name), std::move(read));
  }

  AgentReport report_;
  size_t left_ = limits::kOpampAgentBytes;
};

ServerAnswer::Refused read_refusal(std::string_view message) {
  using namespace fields::error_response;
  ServerAnswer::Refused refused;
  for (Reader in = reader_of(message); in.next();) {
    switch (in.tag_and_type()) {
      case varint_field(kType): {
        uint64_t type = in.get_uint64();
        refused.type =
            type > 2 ? ServerAnswer::Refusal::kUnknown : static_cast<ServerAnswer::Refusal>(type);
        break;
      }
      case text_field(kMessage):
        refused.message = cut_utf8(view_of(in), limits::kOpampTextBytes);
        break;
      case text_field(kRetryInfo):
        for (Reader info(in.get_view()); info.next();) {
          if (info.tag_and_type() != varint_field(fields::retry_info::kRetryAfterNanoseconds)) {
            info.skip();
            continue;
          }
          uint64_t most = std::chrono::nanoseconds::max().count();
          refused.retry_after =
              std::chrono::nanoseconds(static_cast<int64_t>(std::min(info.get_uint64(), most)));
        }
        break;
      default:
        in.skip();
    }
  }
  return refused;
}

std::optional<InstanceUid> read_new_uid(std::string_view identification) {
  std::optional<InstanceUid> uid;
  for (Reader in = reader_of(identification); in.next();) {
    if (in.tag_and_type() == text_field(fields::agent_identification::kNewInstanceUid))
      uid = InstanceUid::from_raw(view_of(in));
    else
      in.skip();
  }
  return uid;
}

ServerAnswer read_server_to_agent(std::string_view message) {
  using namespace fields::server_to_agent;
  ServerAnswer answer;
  for (Reader in = reader_of(message); in.next();) {
    switch (in.tag_and_type()) {
      case text_field(kInstanceUid):
        answer.uid = InstanceUid::from_raw(view_of(in)).value_or(InstanceUid());
        break;
      case text_field(kErrorResponse):
        answer.refused = read_refusal(view_of(in));
        break;
      case varint_field(kFlags):
        answer.report_full_state = (in.get_uint64() & kReportFullState) != 0;
        break;
      case varint_field(kCapabilities):
        answer.capabilities = in.get_uint64();
        break;
      case text_field(kAgentIdentification):
        answer.new_uid = read_new_uid(view_of(in));
        break;
      default:
        in.skip();
    }
  }
  return answer;
}

}  // namespace

InstanceUid new_instance_uid(UnixNanos now) {
  InstanceUid uid;
  std::random_device chance;
  for (uint8_t& byte : uid.bytes) byte = static_cast<uint8_t>(chance());
  uint64_t millis = now / 1'000'000;
  for (int i = 0; i < 6; ++i) uid.bytes[i] = static_cast<uint8_t>(millis >> (40 - 8 * i));
  uid.bytes[6] = static_cast<uint8_t>(0x70 | (uid.bytes[6] & 0x0F));  // version 7
  uid.bytes[8] = static_cast<uint8_t>(0x80 | (uid.bytes[8] & 0x3F));  // RFC 9562's variant
  return uid;
}

std::string uuid_text(const InstanceUid& uid) {
  std::string text = uid.hex();
  for (size_t dash : {8, 13, 18, 23}) text.insert(dash, "-");
  return text;
}

std::string_view AgentDescription::find(std::string_view key) const {
  for (const Attributes* attributes : {&identifying, &others})
    for (const auto& [name, value] : *attributes)
      if (name == key) return value;
  return {};
}

Result<AgentReport> read_report(std::string_view message) {
  try {
    return ReportReader().read(message);
  } catch (const protozero::exception& damage) {
    return fail(Code::kMalformed, "this is no AgentToServer message: {}", damage.what());
  }
}

Result<ServerAnswer> read_answer(std::string_view message) {
  try {
    return read_server_to_agent(message);
  } catch (const protozero::exception& damage) {
    return fail(Code::kMalformed, "the answer is no ServerToAgent message: {}", damage.what());
  }
}

}  // namespace clew::opamp
