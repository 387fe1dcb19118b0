#include "mesh/compose/access_log.h"

#include <span>
#include <string>
#include <utility>

#include "mesh/compose/collector.h"

namespace clew::mesh {
namespace {

constexpr char kLine[] =
    "[%START_TIME%] %TRACE_ID% \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" "
    "%RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% "
    "\"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\"\n";

Json file_log(const Json& backend) {
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
  config["log_format"] = std::move(format);
  return extension("envoy.access_loggers.file",
                   typed("extensions.access_loggers.file.v3.FileAccessLog", std::move(config)));
}

/// An AnyValue of OpenTelemetry in protobuf's JSON; nested bodies as Kuma takes them.
Json any_value(const Json& value) {
  if (value.is_string()) return {{"string_value", value}};
  return value.is_object() ? value : Json{{"string_value", value.dump()}};
}

Json otel_log(const Json& backend, const std::string& cluster) {
  Json attributes = Json::array();
  for (const Json& each : list_at(backend, "attributes"))
    attributes.push_back(
        {{"key", text_at(each, "key")}, {"value", {{"string_value", text_at(each, "value")}}}});
  const Json& body = at(backend, "body");
  Json config = {{"common_config",
                  {{"log_name", "clew"},
                   {"transport_api_version", "V3"},
                   {"grpc_service", {{"envoy_grpc", {{"cluster_name", cluster}}}}}}},
                 {"body", body.is_null() ? Json{{"string_value", kLine}} : any_value(body)},
                 {"attributes", {{"values", std::move(attributes)}}}};
  return extension("envoy.access_loggers.open_telemetry",
                   typed("extensions.access_loggers.open_telemetry.v3.OpenTelemetryAccessLogConfig",
                         std::move(config)));
}

}  // namespace

AccessLogs access_logs_of(const Context& context, bool outbound) {
  const Destination everything[] = {{"Mesh", ""}};
  Merged merged = outbound ? context.policies.outbound("MeshAccessLog", context.proxy, everything)
                           : context.policies.inbound("MeshAccessLog", context.proxy);
  AccessLogs logs{.origins = merged.origins};
  for (const Json& backend : list_at(merged.conf, "backends")) {
    if (text_at(backend, "type") == "File") logs.list.push_back(file_log(at(backend, "file")));
    if (text_at(backend, "type") != "OpenTelemetry") continue;
    const Json& otel = at(backend, "openTelemetry");
    Endpoint endpoint = otel_endpoint(context, otel, logs.origins);
    if (endpoint.host.empty()) continue;
    std::string cluster = "logs:" + endpoint.text();
    logs.list.push_back(otel_log(otel, cluster));
    logs.clusters.push_back(collector_cluster(cluster, endpoint, true, "", logs.origins));
  }
  return logs;
}

}  // namespace clew::mesh
