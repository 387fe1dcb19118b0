#include "mesh/resource/checks.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <initializer_list>
#include <set>
#include <string>
#include <vector>

#include "mesh/resource/schema.h"

namespace clew::mesh {
namespace {

using Json = nlohmann::json;

/// One value with its path; reads like json["a"]["b"], where what is absent is null.
class Value {
 public:
  Value(const Json& json, std::string path, const Report& report)
      : json_(json), path_(std::move(path)), report_(report) {}

  Value operator[](const char* name) const {
    static const Json kNull;
    bool there = json_.is_object() && json_.contains(name);
    return {there ? json_[name] : kNull, path_.empty() ? name : path_ + "." + name, report_};
  }
  std::vector<Value> elements() const {
    std::vector<Value> all;
    if (!json_.is_array()) return all;
    for (size_t i = 0; i < json_.size(); ++i)
      all.emplace_back(json_[i], fmt::format("{}[{}]", path_, i), report_);
    return all;
  }
  explicit operator bool() const { return !json_.is_null(); }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    if (json_.is_object())
      for (const auto& [name, member] : json_.items()) all.push_back(name);
    return all;
  }
  bool is_true() const { return json_ == true; }
  std::string text() const { return json_.is_string() ? json_.get<std::string>() : ""; }
  double number() const {
    if (json_.is_number()) return json_.get<double>();
    return json_.is_string() ? std::strtod(text().c_str(), nullptr) : 0;
  }
  void fail(const std::string& problem) const { report_(path_, problem); }

 private:
  const Json& json_;
  std::string path_;
  const Report& report_;
};

void exactly_one(const Value& value, std::initializer_list<const char*> names) {
  int there = 0;
  for (const char* name : names) there += value[name] ? 1 : 0;
  if (there != 1) value.fail(fmt::format("set exactly one of {}", fmt::join(names, ", ")));
}

void at_least_one(const Value& value, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (value[name]) return;
  value.fail(fmt::format("set at least one of {}", fmt::join(names, ", ")));
}

void percent(const Value& value) {
  if (value && (value.number() < 0 || value.number() > 100)) value.fail("must be 0 to 100");
}

void regex(const Value& value) {
  RE2 pattern(value.text(), RE2::Quiet);
  if (!pattern.ok()) value.fail("no regular expression: " + pattern.error());
}

void target_ref(const Value& ref) {
  if (!ref) return;
  if (ref["sectionName"] && ref["kind"].text() != "MeshService")
    ref["sectionName"].fail("only a MeshService has several ports");
  static const std::set<std::string> kNamed = {"MeshService", "MeshServiceSubset",
                                               "MeshExternalService", "MeshHTTPRoute"};
  std::string kind = ref["kind"].text();
  if (kNamed.contains(kind) && !ref["name"]) ref.fail(kind + " needs a name");
  if (kind == "Mesh" && ref["name"]) ref["name"].fail("a targetRef of Mesh has no name");
  if (kind == "MeshSubset" && !ref["tags"]) ref.fail("MeshSubset needs tags");
}

/// A section named after the type must be there: {type: File, file: {…}}.
void section_of_type(const Value& value,
                     std::initializer_list<std::pair<const char*, const char*>> sections) {
  for (const auto& [type, section] : sections)
    if (value["type"].text() == type && !value[section])
      value.fail(fmt::format("type {} needs the section {}", type, section));
}

/// Collectors are reached in the clear: they stand beside the proxy.
void no_tls(const Value& url) {
  if (url.text().starts_with("https://"))
    url.fail("not supported: collectors are reached without TLS; use the agent in the same place");
}

void otel_backend(const Value& otel) {
  if (!otel) return;
  exactly_one(otel, {"endpoint", "backendRef"});
  no_tls(otel["endpoint"]);
}

void refuse_each(const Value& holder, std::initializer_list<const char*> names, const char* why) {
  for (const char* name : names)
    if (holder[name]) holder[name].fail(why);
}

void trace(const Value& conf) {
  auto backends = conf["backends"].elements();
  if (backends.size() > 1) conf["backends"].fail("one backend at most");
  for (const Value& backend : backends) {
    section_of_type(
        backend,
        {{"Zipkin", "zipkin"}, {"OpenTelemetry", "openTelemetry"}, {"Datadog", "datadog"}});
    otel_backend(backend["openTelemetry"]);
  }
  if (!backends.empty() && backends[0]["zipkin"]) {
    no_tls(backends[0]["zipkin"]["url"]);
    const char* why =
        "not supported: Zipkin's tracer has none; its spans are of the node's cluster";
    refuse_each(conf, {"serviceName"}, why);
    refuse_each(conf["batching"], {"maxCacheSize"}, "not supported: Zipkin's tracer has no cache");
  }
  for (const char* name : {"overall", "client", "random"}) percent(conf["sampling"][name]);
  for (const Value& tag : conf["tags"].elements())
    exactly_one(tag, {"literal", "header", "environment", "metadata", "formatter"});
}

/// What targets a route or one port says how its requests are traced, on edges; how spans are sent
/// is the proxy's.
void trace_of_requests(const Value& spec) {
  Value ref = spec["targetRef"];
  bool of_route = ref["kind"].text() == "MeshHTTPRoute";
  if (!of_route && !ref["sectionName"]) return;
  std::string why =
      fmt::format("not supported for a {}: it is the same for all requests of a proxy",
                  of_route ? "MeshHTTPRoute" : "port");
  refuse_each(spec["default"], {"backends", "serviceName", "batching", "verbose"}, why.c_str());
}

void access_log(const Value& conf) {
  for (const Value& backend : conf["backends"].elements()) {
    section_of_type(backend, {{"File", "file"}, {"OpenTelemetry", "openTelemetry"}});
    otel_backend(backend["openTelemetry"]);
    Value endpoint = backend["openTelemetry"]["endpoint"], format = backend["file"]["format"];
    if (endpoint.text().starts_with("http://"))
      endpoint.fail("not supported: logs are sent over gRPC; write host:port");
    section_of_type(format, {{"Plain", "plain"}, {"Json", "json"}});
    if (format["plain"] && format["json"]) format.fail("set plain or json, not both");
  }
}

void path_value(const Value& path) {
  if (path["type"].text() == "RegularExpression") return regex(path["value"]);
  if (path && !path["value"].text().starts_with('/')) path["value"].fail("must begin with /");
}

void string_match(const Value& match) {
  std::string type = match["type"].text();
  if (type == "RegularExpression") return regex(match["value"]);
  bool bare = type == "Present" || type == "Absent";
  if (bare && match["value"]) match["value"].fail("a match of " + type + " has no value");
  if (!bare && !match["value"]) match.fail("needs a value");
}

void route_filter(const Value& filter) {
  section_of_type(filter, {{"RequestHeaderModifier", "requestHeaderModifier"},
                           {"ResponseHeaderModifier", "responseHeaderModifier"},
                           {"RequestRedirect", "requestRedirect"},
                           {"URLRewrite", "urlRewrite"},
                           {"RequestMirror", "requestMirror"}});
  percent(filter["requestMirror"]["percentage"]);
  for (const char* section : {"urlRewrite", "requestRedirect"}) {
    Value path = filter[section]["path"];
    if (path)
      section_of_type(path, {{"ReplaceFullPath", "replaceFullPath"},
                             {"ReplacePrefixMatch", "replacePrefixMatch"}});
  }
}

void redirect(const Value& conf) {
  static const std::set<double> kStatuses = {301, 302, 303, 307, 308};
  Value status = conf["statusCode"];
  if (status && !kStatuses.contains(status.number()))
    status.fail("must be one of 301, 302, 303, 307, 308");
}

void http_route(const Value& spec) {
  for (const Value& to : spec["to"].elements()) {
    bool everyone = to["targetRef"]["kind"].text() == "Mesh";
    if (everyone && !to["hostnames"]) to.fail("a route to Mesh needs hostnames");
    for (const Value& rule : to["rules"].elements()) {
      for (const Value& match : rule["matches"].elements()) {
        path_value(match["path"]);
        for (const Value& header : match["headers"].elements()) string_match(header);
        for (const Value& parameter : match["queryParams"].elements()) string_match(parameter);
      }
      bool redirects = false;
      for (const Value& filter : rule["default"]["filters"].elements()) {
        route_filter(filter);
        redirect(filter["requestRedirect"]);
        redirects = redirects || filter["type"].text() == "RequestRedirect";
      }
      if (everyone && !redirects && rule["default"]["backendRefs"].elements().empty())
        rule["default"].fail("needs backendRefs, or a filter that redirects");
    }
  }
}

/// A gateway's listeners; `address` is theirs unless they say otherwise.
void gateway_listeners(const Value& gateway, const std::string& address) {
  std::set<std::pair<std::string, double>> taken;
  for (const Value& listener : gateway["listeners"].elements()) {
    bool tls = listener["protocol"].text() == "HTTPS";
    if (tls && !listener["tls"]) listener.fail("HTTPS needs tls.certificates");
    if (!tls && listener["tls"]) listener["tls"].fail("only a listener of HTTPS has certificates");
    if (tls && gateway["type"].text() == "INGRESS")
      listener["protocol"].fail("an INGRESS has the mesh's certificates: leave it out");
    for (const Value& certificate : listener["tls"]["certificates"].elements()) {
      exactly_one(certificate, {"certificateFile", "certificate"});
      exactly_one(certificate, {"keyFile", "key"});
    }
    if (listener["http3"].is_true() && (!tls || gateway["type"].text() != "EDGE"))
      listener["http3"].fail("only an HTTPS listener of an EDGE can speak it");
    std::string own = listener["address"].text();
    if (!taken.emplace(own.empty() ? address : own, listener["port"].number()).second)
      listener["port"].fail(
          "another listener has it: give one listener the certificates of both, routes are those "
          "of the gateway anyway");
  }
}

/// A name like that of a further port of a MeshService (Service::name).
void no_port_in_name(const Value& service) {
  if (service && RE2::FullMatch(service.text(), ".*:[0-9]+"))
    service.fail(
        "must not end in a port: declare a MeshService with ports, and name one by backendRef");
}

/// Each port is a destination of its own, and told by its number and its name.
void mesh_service(const Value& spec) {
  std::set<std::string> taken;
  for (const Value& port : spec["ports"].elements()) {
    std::string number = std::to_string(static_cast<int>(port["port"].number())),
                name = port["name"].text();
    if (!taken.insert(number).second) port["port"].fail("another port has this number");
    if (name.empty()) continue;
    if (name.find_first_not_of("0123456789") == name.npos)
      port["name"].fail("must not be a number: sectionName tells ports by either");
    else if (!taken.insert(name).second)
      port["name"].fail("another port has this name");
  }
  for (const Value& port : spec["ports"].elements()) {
    Value target = port["targetPort"];
    if (target && target.text().empty() && !(target.number() >= 1 && target.number() <= 65535))
      target.fail("must be the port of an inbound, 1 to 65535, or its name");
  }
  if (Value rate = spec["capacity"]["requestsPerSecond"]; rate && !(rate.number() > 0))
    rate.fail("must be more than 0; leave it out for no limit");
}

/// Services have no subsets, and certificates name nothing but the service.
void service_tag_only(const Value& tags, bool needed) {
  if (needed && !tags["kuma.io/service"]) tags.fail("needs kuma.io/service");
  for (const std::string& name : tags.names())
    if (name != "kuma.io/service" && name != "kuma.io/protocol")
      tags[name.c_str()].fail("not supported: a service is told by kuma.io/service only");
}

void dataplane(const Value& body) {
  Value networking = body["networking"], gateway = networking["gateway"];
  std::string type = gateway["type"].text();
  if (!networking["inbound"] && !gateway) networking.fail("needs inbound or gateway");
  bool ours = type == "EDGE" || type == "INGRESS";
  if (type == "BUILTIN") gateway["type"].fail("not supported: use EDGE or INGRESS");
  if (ours && gateway["listeners"].elements().empty()) gateway.fail(type + " needs listeners");
  if (!ours && gateway["listeners"])
    gateway["listeners"].fail("only EDGE and INGRESS have listeners");
  if (ours && networking["inbound"])
    networking["inbound"].fail("a gateway of type " + type + " has listeners instead");
  gateway_listeners(gateway, networking["address"].text());
  no_port_in_name(gateway["tags"]["kuma.io/service"]);
  for (const Value& inbound : networking["inbound"].elements())
    no_port_in_name(inbound["tags"]["kuma.io/service"]);
  for (const Value& outbound : networking["outbound"].elements()) {
    exactly_one(outbound, {"tags", "backendRef"});
    no_port_in_name(outbound["tags"]["kuma.io/service"]);
    if (outbound["tags"]) service_tag_only(outbound["tags"], true);
  }
}

void mesh(const Value& body) {
  std::string enabled = body["mtls"]["enabledBackend"].text();
  if (enabled.empty()) return;
  for (const Value& backend : body["mtls"]["backends"].elements())
    if (backend["name"].text() == enabled) return;
  body["mtls"]["enabledBackend"].fail("there is no backend of that name");
}

void place(const Value& body) {
  Value coordinates = body["coordinates"];
  if (!coordinates) return;
  auto within = [](const Value& value, double most) {
    if (value.number() < -most || value.number() > most)
      value.fail(fmt::format("must be -{} to {}", most, most));
  };
  within(coordinates["latitude"], 90);
  within(coordinates["longitude"], 180);
}

void policy(const Value& spec) {
  target_ref(spec["targetRef"]);
  for (const char* list : {"to", "from"})
    for (const Value& item : spec[list].elements()) target_ref(item["targetRef"]);
  for (const Value& item : spec["from"].elements())
    if (Value tags = item["targetRef"]["tags"]) service_tag_only(tags, false);
  if (spec["targetRef"]["kind"].text() != "MeshHTTPRoute") return;
  for (const Value& item : spec["to"].elements())
    if (item["targetRef"]["kind"].text() != "Mesh")
      item["targetRef"]["kind"].fail("must be Mesh, where the policy's targetRef is a route");
}

/// Calls `check` with what a policy says of one route only.
void each_of_route(const Value& spec, void (*check)(const Value&)) {
  bool all = spec["targetRef"]["kind"].text() == "MeshHTTPRoute";
  for (const Value& item : spec["to"].elements())
    if (all || item["targetRef"]["kind"].text() == "MeshHTTPRoute") check(item["default"]);
}

constexpr char kNotOfRoute[] = "not supported for a MeshHTTPRoute: it is of connections";

void timeout_of_route(const Value& conf) {
  refuse_each(conf, {"connectionTimeout", "idleTimeout"}, kNotOfRoute);
  refuse_each(conf["http"], {"maxStreamDuration", "maxConnectionDuration"}, kNotOfRoute);
}

void timeout(const Value& spec) {
  each_of_route(spec, timeout_of_route);
  for (const Value& item : spec["to"].elements())
    refuse_each(item["default"]["http"], {"requestHeadersTimeout"},
                "not supported for what goes out: say it in from or rules");
}

/// Kuma's conditions, HTTP methods and statuses.
void retry(const Value& conf) {
  static const std::set<std::string> kConditions = {"5xx",
                                                    "GatewayError",
                                                    "Reset",
                                                    "ConnectFailure",
                                                    "EnvoyRatelimited",
                                                    "Retriable4xx",
                                                    "RefusedStream",
                                                    "Http3PostConnectFailure",
                                                    "HttpMethodConnect",
                                                    "HttpMethodGet",
                                                    "HttpMethodHead",
                                                    "HttpMethodPost",
                                                    "HttpMethodPut",
                                                    "HttpMethodDelete",
                                                    "HttpMethodOptions",
                                                    "HttpMethodPatch",
                                                    "HttpMethodTrace"};
  for (const Value& each : conf["http"]["retryOn"].elements())
    if (!kConditions.contains(each.text()) && !RE2::FullMatch(each.text(), "[1-5][0-9][0-9]"))
      each.fail(
          fmt::format("must be a status, as \"503\", or one of {}", fmt::join(kConditions, ", ")));
}

void balancing_of_route(const Value& conf) {
  refuse_each(conf, {"loadBalancer"},
              "not supported for a MeshHTTPRoute: only hashPolicies are of requests");
}

void bundled_identity(const Value& spec) {
  Value made = spec["provider"]["bundled"]["autogenerate"]["enabled"];
  if (made && !made.is_true())
    made.fail("not supported: the mesh's authority makes all certificates");
}

void load_balancing(const Value& conf) {
  Value ring = conf["loadBalancer"]["ringHash"], maglev = conf["loadBalancer"]["maglev"];
  for (const Value& holder : {ring, maglev, conf})
    for (const Value& hash : holder["hashPolicies"].elements())
      section_of_type(
          hash, {{"Header", "header"}, {"Cookie", "cookie"}, {"QueryParameter", "queryParameter"}});
}

void each_default(const Value& spec, void (*check)(const Value&)) {
  for (const char* list : {"to", "from", "rules"})
    for (const Value& item : spec[list].elements()) check(item["default"]);
}

}  // namespace

void check_resource(const Resource& resource, const Report& report) {
  const std::string& kind = resource.key.kind;
  Value body(resource.body, "", report);
  Value spec = body["spec"];
  if (spec) policy(spec);
  if (kind == "Mesh") mesh(body);
  if (kind == "Zone" || kind == "Edge") place(body);
  if (kind == "Dataplane") dataplane(body);
  if (kind == "MeshTrust" && spec["trustDomain"].text() != resource.key.mesh)
    spec["trustDomain"].fail("must be the mesh's name: other meshes are not trusted");
  if (kind == "MeshService") mesh_service(spec);
  if (kind == "MeshTrace") trace(spec["default"]), trace_of_requests(spec);
  if (kind == "MeshTimeout") timeout(spec);
  if (kind == "MeshRetry") each_default(spec, retry);
  if (kind == "MeshIdentity") bundled_identity(spec);
  if (kind == "MeshAccessLog") each_default(spec, access_log);
  if (kind == "MeshHTTPRoute") http_route(spec);
  if (kind == "MeshLoadBalancingStrategy") {
    each_default(spec, load_balancing);
    each_of_route(spec, balancing_of_route);
  }
  static const std::set<std::string> kTwoSided = {"MeshTimeout", "MeshCircuitBreaker",
                                                  "MeshAccessLog"};
  if (kTwoSided.contains(kind)) at_least_one(spec, {"to", "from", "rules"});
  if (kind == "MeshTrafficPermission" || kind == "MeshTLS") at_least_one(spec, {"from", "rules"});
}

}  // namespace clew::mesh
