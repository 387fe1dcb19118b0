// JSON to protobuf by descriptors. protobuf's own converter does the same; it takes 20 times as
// long (docs/performance.md), and a control plane does little else.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace google::protobuf {
class Descriptor;
}

namespace clew::mesh::envoy_api {

/// The type of a google.protobuf.Any by its "@type"; nullptr for one that is none.
using FindType = std::function<const google::protobuf::Descriptor*(std::string_view type_url)>;

/// `json` as the serialized message. Source: protobuf's JSON mapping (ProtoJSON), without
/// google.protobuf.Timestamp and FieldMask, which Envoy's resources do not have, and with
/// kSerialized. Fails with kInvalid, naming the place: "filter_chains[0].filters[1].name: not a
/// string".
Result<std::string> json_to_wire(const google::protobuf::Descriptor& type,
                                 const nlohmann::json& json, const FindType& find_type);

}  // namespace clew::mesh::envoy_api
