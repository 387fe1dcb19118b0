// OTLP/JSON as the official protobuf library prints it. For tests, not part of the product.
#pragma once

#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "base/ids.h"
#include "receive/base64.h"

namespace clew::receive::testing {

/// protobuf's JSON form with IDs in hex instead of base64: that is OTLP/JSON.
inline void ids_to_hex(nlohmann::json& json) {
  if (json.is_object()) {
    for (auto& [name, value] : json.items()) {
      if (name == "traceId" || name == "spanId" || name == "parentSpanId") {
        std::string raw = *decode_base64(value.get<std::string>());
        if (raw.empty()) continue;
        auto trace_id = TraceId::from_raw(raw);
        value = trace_id ? trace_id->hex() : SpanId::from_raw(raw).value().hex();
      } else {
        ids_to_hex(value);
      }
    }
  } else if (json.is_array()) {
    for (nlohmann::json& value : json) ids_to_hex(value);
  }
}

/// `enum_names` also prints fields with their default values.
inline std::string otlp_json_of(const google::protobuf::Message& request, bool enum_names) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_enums_as_ints = !enum_names;
  options.always_print_primitive_fields = enum_names;
  std::string text;
  EXPECT_TRUE(google::protobuf::util::MessageToJsonString(request, &text, options).ok());
  auto json = nlohmann::json::parse(text);
  ids_to_hex(json);
  return json.dump(enum_names ? 2 : -1);
}

}  // namespace clew::receive::testing
