#include "main/trace/trace_reading.h"

#include <simdjson.h>

#include <array>
#include <charconv>

namespace clew {
namespace {

namespace dom = simdjson::dom;

/// Source: OpenTelemetry semantic conventions, today's and those before, and Envoy's own.
constexpr std::array<std::string_view, 4> kStatusKeys = {
    "http.response.status_code", "http.status_code", "rpc.grpc.status_code", "grpc.status_code"};

/// Source: grpc/status.h.
constexpr std::array<std::string_view, 17> kGrpcNames = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

std::string text_of(dom::element object, std::string_view key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

template <typename Number>
Number number_of(dom::element object, std::string_view key) {
  Number number{};
  return object[key].get(number) == simdjson::SUCCESS ? number : Number{};
}

/// Calls `visit` for each element of the array under `key`, if there is one.
template <typename Visit>
void for_each_in(dom::element object, std::string_view key, Visit&& visit) {
  dom::array array;
  if (object[key].get(array) != simdjson::SUCCESS) return;
  for (dom::element each : array) visit(each);
}

/// The value of an attribute that is there as text or as a bool.
std::string value_of(dom::element attribute) {
  bool flag = false;
  if (attribute["value"].get(flag) == simdjson::SUCCESS) return flag ? "true" : "false";
  return text_of(attribute, "value");
}

std::string status_text(size_t key, std::string value) {
  if (key < 2) return value == "0" ? "" : value;  // Envoy's 0: no answer came
  size_t code = 0;
  auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), code);
  bool known = error == std::errc() && end == value.data() + value.size();
  return known && code < kGrpcNames.size() ? std::string(kGrpcNames[code]) : value;
}

void read_attributes(dom::element from, ShownSpan& span) {
  size_t best = kStatusKeys.size();
  for_each_in(from, "attributes", [&](dom::element attribute) {
    std::string_view key;
    if (attribute["key"].get(key) != simdjson::SUCCESS) return;
    if (key == "error" && value_of(attribute) == "true") span.is_error = true;
    for (size_t i = 0; i < best; ++i)
      if (key == kStatusKeys[i]) {
        span.status = status_text(i, value_of(attribute));
        best = i;
      }
  });
}

/// What an exception said, where the status says nothing.
std::string exception_of(dom::element from) {
  std::string type, message;
  for_each_in(from, "events", [&](dom::element event) {
    if (text_of(event, "name") != "exception" || !type.empty() || !message.empty()) return;
    for_each_in(event, "attributes", [&](dom::element attribute) {
      std::string key = text_of(attribute, "key");
      if (key == "exception.type") type = value_of(attribute);
      if (key == "exception.message") message = value_of(attribute);
    });
  });
  return type.empty() || message.empty() ? type + message : type + ": " + message;
}

ShownSpan read_span(dom::element from, const std::vector<std::string>& services) {
  ShownSpan span{.id = text_of(from, "spanId"), .parent = text_of(from, "parentId")};
  span.name = text_of(from, "name");
  span.kind = text_of(from, "kind");
  auto resource = number_of<uint64_t>(from, "resource");
  if (resource < services.size()) span.service = services[resource];
  span.start = number_of<int64_t>(from, "startNs");
  span.duration = number_of<uint64_t>(from, "durationNs");
  if (dom::element status; from["status"].get(status) == simdjson::SUCCESS) {
    span.is_error = text_of(status, "code") == "error";
    span.problem = text_of(status, "message");
  }
  read_attributes(from, span);
  if (span.is_error && span.problem.empty()) span.problem = exception_of(from);
  return span;
}

}  // namespace

Result<ShownTrace> read_trace(std::string_view json) {
  dom::parser parser;
  dom::element root;
  dom::array spans;
  if (parser.parse(simdjson::padded_string(json)).get(root) != simdjson::SUCCESS ||
      root["spans"].get(spans) != simdjson::SUCCESS)
    return fail(Code::kMalformed, "the answer is no trace of Clew's API");
  ShownTrace trace{.id = text_of(root, "traceId")};
  std::string start = text_of(root, "startNs");  // past 2^53, so it comes as text
  std::from_chars(start.data(), start.data() + start.size(), trace.start);
  trace.duration = number_of<uint64_t>(root, "durationNs");
  trace.complete = number_of<bool>(root, "complete");
  std::vector<std::string> services;
  for_each_in(root, "resources",
              [&](dom::element resource) { services.push_back(text_of(resource, "service")); });
  trace.spans.reserve(spans.size());
  for (dom::element span : spans) trace.spans.push_back(read_span(span, services));
  return trace;
}

}  // namespace clew
