// The golden suite of TraceQL (test/data/traceql) and what is needed to hold a query against it.
// For tests, not part of the product.
#pragma once

#include <absl/strings/escaping.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include <opentelemetry/proto/collector/trace/v1/trace_service.pb.h>
#include "otlp/batch.h"

namespace clew::query::traceql::testing {

/// A query and the lines that must come of it.
struct GoldenCase {
  size_t line;  // of the file, for messages
  std::string query;
  std::vector<std::string> expected;
};

inline std::string read_golden(const std::string& name) {
  std::ifstream file("test/data/traceql/" + name);
  EXPECT_TRUE(file.good()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::vector<GoldenCase> golden_cases(const std::string& name) {
  std::istringstream text(read_golden(name));
  std::vector<GoldenCase> cases;
  bool fresh = true;  // the next line of a query begins a case
  size_t number = 0;
  for (std::string line; std::getline(text, line);) {
    ++number;
    if (line.starts_with("#")) continue;
    if (line.starts_with("> ") || line == ">") {
      std::string query = line.substr(std::min<size_t>(2, line.size()));
      if (fresh)
        cases.push_back({number, query, {}});
      else
        cases.back().query += "\n" + query;
      fresh = false;
    } else {
      fresh = true;
      if (!line.empty()) cases.back().expected.push_back(line);
    }
  }
  return cases;
}

/// OTLP's JSON has IDs in hex, protobuf's in base64.
inline void ids_to_base64(nlohmann::json& json) {
  if (json.is_object()) {
    for (auto& [name, value] : json.items()) {
      if (name == "traceId" || name == "spanId" || name == "parentSpanId") {
        std::string bytes = absl::HexStringToBytes(value.get<std::string>());
        value = absl::Base64Escape(bytes);
      } else {
        ids_to_base64(value);
      }
    }
  } else if (json.is_array()) {
    for (nlohmann::json& value : json) ids_to_base64(value);
  }
}

/// The fixture: one batch with the spans of all traces.
inline otlp::Batch golden_fixture() {
  auto json = nlohmann::json::parse(read_golden("fixture.json"));
  ids_to_base64(json);
  opentelemetry::proto::collector::trace::v1::ExportTraceServiceRequest request;
  auto read = google::protobuf::util::JsonStringToMessage(json.dump(), &request);
  EXPECT_TRUE(read.ok()) << read.ToString();
  return *otlp::Batch::index(SharedBytes::take(request.SerializeAsString()));
}

/// One batch for each trace, in the order of their IDs.
inline std::vector<otlp::Batch> golden_traces() {
  auto json = nlohmann::json::parse(read_golden("fixture.json"));
  ids_to_base64(json);
  opentelemetry::proto::collector::trace::v1::ExportTraceServiceRequest all;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json.dump(), &all).ok());
  std::map<std::string, opentelemetry::proto::collector::trace::v1::ExportTraceServiceRequest>
      by_id;
  for (const auto& resource : all.resource_spans())
    for (const auto& scope : resource.scope_spans())
      for (const auto& span : scope.spans()) {
        auto& trace = *by_id[span.trace_id()].add_resource_spans();
        *trace.mutable_resource() = resource.resource();
        auto& spans = *trace.add_scope_spans();
        *spans.mutable_scope() = scope.scope();
        *spans.add_spans() = span;
      }
  std::vector<otlp::Batch> traces;
  for (const auto& [id, request] : by_id)
    traces.push_back(*otlp::Batch::index(SharedBytes::take(request.SerializeAsString())));
  return traces;
}

}  // namespace clew::query::traceql::testing
