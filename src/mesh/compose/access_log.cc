#include "mesh/compose/access_log.h"

#include <fmt/format.h>

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "mesh/compose/collector.h"
#include "mesh/compose/route.h"

namespace clew::mesh {
namespace {

constexpr char kLine[] =
    "[%START_TIME%] %TRACE_ID% \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" "
    "%RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% "
    "\"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\"\n";

/// What formats may say beside Envoy's own operators, and what stands for it.
using Words = std::vector<std::pair<std::string_view, std::string>>;

/// As Kuma fills them in: who sends what comes in is unknown, addresses are the proxy's own. Kuma
/// knows one destination for each listener; where there are several, a request tells its own.
Words kuma_words(const Context& context, bool outbound, const std::string& destination) {
  const OwnTexts& own = context.own;
  return {
      {"%KUMA_SOURCE_ADDRESS%", own.host + ":0"},
      {"%KUMA_SOURCE_ADDRESS_WITHOUT_PORT%", own.address},
      {"%KUMA_SOURCE_SERVICE%", outbound ? own.service : "unknown"},
      {"%KUMA_DESTINATION_SERVICE%",
       destination.empty() ? fmt::format("%REQ({})%", kServiceHeader) : destination},
      {"%KUMA_MESH%", context.catalog.mesh()},
      {"%KUMA_ZONE%", own.place},
      {"%KUMA_TRAFFIC_DIRECTION%", outbound ? "OUTBOUND" : "INBOUND"},
  };
}

/// The same with words filled in wherever there is text.
Json filled(Json json, const Words& words) {
  if (json.is_structured()) {
    for (Json& each : json) each = filled(std::move(each), words);
    return json;
  }
  if (!json.is_string()) return json;
  auto& text = json.get_ref<std::string&>();
  for (const auto& [word, value] : words)
    for (size_t at = 0; (at = text.find(word, at)) != text.npos; at += value.size())
      text.replace(at, word.size(), value);
  return json;
}

Json file_log(const Json& backend, const Words& words) {
  Json config = {{"path", text_at(backend, "path", "/dev/stdout")}};
  Json format = {{"text_format_source", {{"inline_string", kLine}}}};
  std::string plain = text_at(backend, "format.plain");
  if (!plain.empty())
    format = {
        {"text_format_source", {{"inline_string", plain.ends_with('\n') ? plain : plain + '\n'}}}};
  Json json = Json::object();
  for (const Json& field : list_at(backend, "format.json"))
    json[text_at(field, "key")] = text_at(field, "value");
  if (!json.empty()) format = {{"json_format", std::move(json)}};
  if (at(backend, "format.omitEmptyValues") == true) format["omit_empty_values"] = true;
  config["log_format"] = filled(std::move(format), words);
  return extension("envoy.access_loggers.file",
                   typed("extensions.access_loggers.file.v3.FileAccessLog", std::move(config)));
}

/// An AnyValue of OpenTelemetry in protobuf's JSON; nested bodies as Kuma takes them.
Json any_value(const Json& value) {
  if (value.is_string()) return {{"string_value", value}};
  return value.is_object() ? value : Json{{"string_value", value.dump()}};
}

Json otel_log(const Json& backend, const std::string& cluster, const Words& words) {
  Json attributes = Json::array();
  for (const Json& each : list_at(backend, "attributes"))
    attributes.push_back(
        {{"key", text_at(each, "key")}, {"value", {{"string_value", text_at(each, "value")}}}});
  const Json& body = at(backend, "body");
  Json config = {
      {"common_config",
       {{"log_name", "clew"},
        {"transport_api_version", "V3"},
        {"grpc_service", {{"envoy_grpc", {{"cluster_name", cluster}}}}}}},
      {"body", body.is_null() ? Json{{"string_value", kLine}} : filled(any_value(body), words)},
      {"attributes", {{"values", filled(std::move(attributes), words)}}}};
  return extension("envoy.access_loggers.open_telemetry",
                   typed("extensions.access_loggers.open_telemetry.v3.OpenTelemetryAccessLogConfig",
                         std::move(config)));
}

}  // namespace

AccessLogs access_logs_of(const Context& context, bool outbound, const std::string& destination) {
  const Destination everything[] = {{"Mesh", ""}};
  Merged merged = outbound ? context.policies.outbound("MeshAccessLog", context.proxy, everything)
                           : context.policies.inbound("MeshAccessLog", context.proxy);
  AccessLogs logs{.origins = merged.origins};
  Words words = kuma_words(context, outbound, destination);
  for (const Json& backend : list_at(merged.conf, "backends")) {
    if (text_at(backend, "type") == "File")
      logs.list.push_back(file_log(at(backend, "file"), words));
    if (text_at(backend, "type") != "OpenTelemetry") continue;
    const Json& otel = at(backend, "openTelemetry");
    Endpoint endpoint = otel_endpoint(context, otel, logs.origins);
    if (endpoint.host.empty()) continue;
    std::string cluster = "logs:" + endpoint.text();
    logs.list.push_back(otel_log(otel, cluster, words));
    logs.clusters.push_back(collector_cluster(cluster, endpoint, true, "", logs.origins));
  }
  return logs;
}

}  // namespace clew::mesh
