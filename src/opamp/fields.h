// Numbers of the fields that are read or written. Source: opamp-spec, proto/opamp.proto.
#pragma once

#include <protozero/types.hpp>

namespace clew::opamp::fields {

using Tag = protozero::pbf_tag_type;

namespace agent_to_server {
inline constexpr Tag kInstanceUid = 1, kSequenceNum = 2, kAgentDescription = 3, kCapabilities = 4,
                     kHealth = 5, kAgentDisconnect = 9, kFlags = 10;
inline constexpr uint64_t kRequestInstanceUid = 0x1;  // of kFlags
}  // namespace agent_to_server

namespace agent_description {
inline constexpr Tag kIdentifying = 1, kNonIdentifying = 2;
}

/// AnyValue, as in OTLP.
namespace any_value {
inline constexpr Tag kString = 1, kBool = 2, kInt = 3, kDouble = 4;
}

namespace component_health {
inline constexpr Tag kHealthy = 1, kStartTime = 2, kLastError = 3, kStatus = 4, kStatusTime = 5,
                     kParts = 6;
}

/// A KeyValue, and an entry of a map.
namespace entry {
inline constexpr Tag kKey = 1, kValue = 2;
}

namespace server_to_agent {
inline constexpr Tag kInstanceUid = 1, kErrorResponse = 2, kFlags = 6, kCapabilities = 7,
                     kAgentIdentification = 8;
inline constexpr uint64_t kReportFullState = 0x1;  // of kFlags
}  // namespace server_to_agent

namespace error_response {
inline constexpr Tag kType = 1, kMessage = 2, kRetryInfo = 3;
}

namespace retry_info {
inline constexpr Tag kRetryAfterNanoseconds = 1;
}

namespace agent_identification {
inline constexpr Tag kNewInstanceUid = 1;
}

}  // namespace clew::opamp::fields
